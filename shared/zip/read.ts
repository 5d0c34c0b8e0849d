import yauzl, { type Entry, type LocalFileHeader, type ZipFile } from "yauzl";
import { pagedSource } from "../bytes/paged-source.ts";
import type { ByteSource } from "../bytes/source.ts";
import { CleaveError, quote } from "../errors.ts";
import { checkLimit } from "../limits.ts";
import { checkDirectory } from "./check-directory.ts";
import { invalidMember, type ZipMember } from "./member.ts";

/** As much as yauzl reads to find the end record, whose comment may be as long. */
const remoteTail = 64 * 1024 + 22;
const methodStored = 0;
const methodDeflated = 8;
const encryptedFlag = 0x01;
const dataDescriptorFlag = 0x08;
const utf8Flag = 0x0800;
const unix = 3;
const fileTypeMask = 0o170000;
const regularFile = 0o100000;

/**
 * Locates the members of an archive. Directory entries are passed over.
 *
 * @throws CleaveError `ZIP_INVALID` where the archive is damaged or where two readers could see
 *   different members: duplicates, overlaps, local headers that differ from the central directory,
 *   records that nobody counts, names that leave the archive; `UNSUPPORTED`; `LIMIT_EXCEEDED`
 */
export async function readZip(source: ByteSource): Promise<ReadonlyMap<string, ZipMember>> {
  const members = new Map<string, ZipMember>();
  const extents: { name: string; start: number; end: number }[] = [];
  await withZip(source, async (zip, paged) => {
    checkLimit("zipMembers", zip.entryCount, "archive");
    const directory = cursor(zip);
    for await (const entry of zip.eachEntry()) {
      checkEntry(entry);
      if (members.has(entry.fileName)) invalidMember(entry.fileName, "stands twice in the archive");
      const start = entry.relativeOffsetOfLocalHeader;
      const dataStart = await checkLocalHeader(zip, entry);
      const end = dataStart + entry.compressedSize;
      if (end > directory) invalidMember(entry.fileName, "reaches into the archive's directory");
      extents.push({ name: entry.fileName, start, end });
      if (entry.fileName.endsWith("/")) continue;
      members.set(entry.fileName, {
        name: entry.fileName,
        size: entry.uncompressedSize,
        crc32: entry.crc32,
        deflated: entry.compressionMethod === methodDeflated,
        stored: { source, offset: dataStart, length: entry.compressedSize },
      });
    }
    await checkDirectory(paged, {
      count: zip.entryCount,
      start: directory,
      end: cursor(zip),
      commentSize: Buffer.byteLength(zip.comment, "latin1"),
    });
  });
  refuseOverlaps(extents);
  return members;
}

/** Opens the archive; whatever yauzl refuses or trips over becomes a CleaveError. */
async function withZip(
  source: ByteSource,
  use: (zip: ZipFile, paged: ByteSource) => Promise<void>,
): Promise<void> {
  const paged = pagedSource(source);
  // The directory stands at the end; read with what is before it, it costs no request of its own.
  if (source.isRemote) {
    const tail = Math.min(source.size, remoteTail);
    paged.read(source.size - tail, tail).catch(() => undefined); // whoever reads it there gets it
  }
  try {
    // yauzl parses in callbacks; what it throws there would otherwise reach nobody.
    await new Promise<void>((resolve, reject) => {
      const reader = new (class extends yauzl.RandomAccessReader {
        override read(
          buffer: Buffer,
          offset: number,
          length: number,
          position: number,
          callback: (error: Error | null) => void,
        ): void {
          if (position + length > source.size) {
            callback(new Error("a record reaches beyond the archive's end"));
            return;
          }
          paged
            .read(position, length)
            .then((bytes) => buffer.set(bytes, offset))
            .then(() => callback(null), callback)
            .catch(reject);
        }
      })();
      const options = { lazyEntries: true, autoClose: false, strictFileNames: true };
      yauzl
        .fromRandomAccessReaderPromise(reader, source.size, options)
        .then((zip) => use(zip, paged))
        .then(resolve, reject);
    });
  } catch (cause) {
    if (cause instanceof CleaveError) throw cause;
    throw new CleaveError(
      "ZIP_INVALID",
      `The ZIP archive is damaged: ${(cause as Error).message}.`,
      { cause },
    );
  }
}

function checkEntry(entry: Entry): void {
  const { fileName, compressionMethod, externalFileAttributes, versionMadeBy } = entry;
  checkLimit("nameBytes", entry.fileNameLength, "archive member");
  if (/[\p{Cc}\p{Cf}]/u.test(fileName))
    invalidMember(fileName, "has invisible characters in its name");
  if (entry.isEncrypted()) {
    throw new CleaveError(
      "UNSUPPORTED",
      `${quote(fileName)} is encrypted; save the archive without a password.`,
    );
  }
  if (compressionMethod !== methodStored && compressionMethod !== methodDeflated) {
    throw new CleaveError(
      "UNSUPPORTED",
      `${quote(fileName)} is compressed with method ${compressionMethod}; Keras stores its members. Pack them again with Python's zipfile.`,
    );
  }
  const fileType = (externalFileAttributes >>> 16) & fileTypeMask;
  const special = fileType !== 0 && fileType !== regularFile && !fileName.endsWith("/");
  if (versionMadeBy >>> 8 === unix && special) {
    invalidMember(fileName, "is a link or another special file");
  }
}

/** The local header before a member must say what the central directory says. */
async function checkLocalHeader(zip: ZipFile, entry: Entry): Promise<number> {
  const local = await zip.readLocalFileHeaderPromise(entry);
  const differs = (what: string): never =>
    invalidMember(
      entry.fileName,
      `has another ${what} in its local header than in the central directory`,
    );
  if (!local.fileName.equals(entry.fileNameRaw)) differs("name");
  if (local.compressionMethod !== entry.compressionMethod) differs("compression");
  const flags = local.generalPurposeBitFlag ^ entry.generalPurposeBitFlag;
  if (flags & (encryptedFlag | utf8Flag)) differs("flags");
  const streamed = (local.generalPurposeBitFlag & dataDescriptorFlag) !== 0;
  const agrees = (said: number, known: number): boolean =>
    said === known || (streamed && said === 0);
  const sizes = localSizes(local);
  if (!agrees(local.crc32, entry.crc32)) differs("checksum");
  if (!agrees(sizes.compressed, entry.compressedSize)) differs("size");
  if (!agrees(sizes.inflated, entry.uncompressedSize)) differs("size");
  return local.fileDataStart;
}

/** In ZIP64's extra field where the header's own fields are full (APPNOTE.TXT 4.5.3). */
function localSizes(local: LocalFileHeader): { inflated: number; compressed: number } {
  const zip64 = yauzl.parseExtraFields(local.extraField).find(({ id }) => id === 1)?.data;
  let at = 0;
  const size = (said: number): number => {
    if (said !== 0xffff_ffff || zip64 === undefined || at + 8 > zip64.length) return said;
    at += 8;
    return Number(zip64.readBigUInt64LE(at - 8));
  };
  return { inflated: size(local.uncompressedSize), compressed: size(local.compressedSize) };
}

/** Where yauzl stands in the central directory; its types take the number for a boolean. */
function cursor(zip: ZipFile): number {
  return Number(zip.readEntryCursor);
}

function refuseOverlaps(extents: { name: string; start: number; end: number }[]): void {
  let end = 0;
  for (const extent of extents.toSorted((a, b) => a.start - b.start)) {
    if (extent.start < end) invalidMember(extent.name, "shares bytes with another member");
    end = extent.end;
  }
}
