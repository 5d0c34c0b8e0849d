import { promisify } from "node:util";
import { inflateRaw } from "node:zlib";
import yauzl, { type Entry, type ZipFile } from "yauzl";
import { crc32 } from "../bytes/crc32.ts";
import { pagedSource } from "../bytes/paged-source.ts";
import type { ByteRange, ByteSource } from "../bytes/source.ts";
import { CleaveError, quote } from "../errors.ts";
import { checkLimit } from "../limits.ts";

/** A file in an archive. */
export interface ZipMember {
  readonly name: string;
  /** In bytes, inflated. */
  readonly size: number;
  readonly crc32: number;
  readonly deflated: boolean;
  /** The member's bytes as they stand in the archive. */
  readonly stored: ByteRange;
}

const methodStored = 0;
const methodDeflated = 8;
const dataDescriptorFlag = 0x08;
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
  await withZip(source, async (zip) => {
    checkLimit("zipMembers", zip.entryCount, "archive");
    for await (const entry of zip.eachEntry()) {
      checkEntry(entry);
      if (members.has(entry.fileName)) invalid(entry.fileName, "stands twice in the archive");
      const start = entry.relativeOffsetOfLocalHeader;
      const dataStart = await checkLocalHeader(zip, entry);
      const end = dataStart + entry.compressedSize;
      if (end > source.size) invalid(entry.fileName, "reaches beyond the archive's end");
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
    refuseUncounted(zip, source.size);
  });
  refuseOverlaps(extents);
  return members;
}

const inflate = promisify(inflateRaw);

/**
 * The bytes of a small member, its checksum compared.
 *
 * @throws CleaveError `LIMIT_EXCEEDED` before anything is read; `ZIP_INVALID`
 */
export async function readMember(member: ZipMember): Promise<Uint8Array> {
  checkLimit("memberBytes", member.size, quote(member.name));
  const { source, offset, length } = member.stored;
  if (length > member.size + 1024) invalid(member.name, "is larger stored than inflated");
  const stored = await source.read(offset, length);
  const bytes = member.deflated
    ? await inflate(stored, { maxOutputLength: member.size + 1 }).catch((cause: unknown) =>
        invalid(member.name, "cannot be inflated to its declared size", cause),
      )
    : stored;
  if (bytes.length !== member.size) invalid(member.name, "has another size than declared");
  if (crc32(bytes) !== member.crc32) invalid(member.name, "does not match its checksum");
  return bytes;
}

/** Opens the archive; whatever yauzl refuses or trips over becomes a CleaveError. */
async function withZip(source: ByteSource, use: (zip: ZipFile) => Promise<void>): Promise<void> {
  const paged = pagedSource(source);
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
        .then(use)
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
  if (/[\p{Cc}\p{Cf}]/u.test(fileName)) invalid(fileName, "has invisible characters in its name");
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
    invalid(fileName, "is a link or another special file");
  }
}

/** The local header before a member must say what the central directory says. */
async function checkLocalHeader(zip: ZipFile, entry: Entry): Promise<number> {
  const local = await zip.readLocalFileHeaderPromise(entry);
  const differs = (what: string): never =>
    invalid(
      entry.fileName,
      `has another ${what} in its local header than in the central directory`,
    );
  if (!local.fileName.equals(entry.fileNameRaw)) differs("name");
  if (local.compressionMethod !== entry.compressionMethod) differs("compression");
  if (local.generalPurposeBitFlag & dataDescriptorFlag) return local.fileDataStart;
  const inExtraField = 0xffff_ffff;
  if (local.crc32 !== entry.crc32) differs("checksum");
  if (local.compressedSize !== entry.compressedSize && local.compressedSize !== inExtraField) {
    differs("size");
  }
  return local.fileDataStart;
}

/** The central directory must end where its end record starts, ZIP64's records between them or not. */
function refuseUncounted(zip: ZipFile, size: number): void {
  const endRecord = size - 22 - Buffer.byteLength(zip.comment, "latin1");
  const left = endRecord - Number(zip.readEntryCursor);
  if (left !== 0 && left !== 76) {
    throw new CleaveError(
      "ZIP_INVALID",
      `The ZIP archive holds ${left} bytes after the ${zip.entryCount} records of its directory; the number of members is wrong.`,
    );
  }
}

function refuseOverlaps(extents: { name: string; start: number; end: number }[]): void {
  let end = 0;
  for (const extent of extents.toSorted((a, b) => a.start - b.start)) {
    if (extent.start < end) invalid(extent.name, "shares bytes with another member");
    end = extent.end;
  }
}

function invalid(name: string, problem: string, cause?: unknown): never {
  throw new CleaveError(
    "ZIP_INVALID",
    `Archive member ${quote(name)} ${problem}. The file is damaged or made to mislead; take an intact copy.`,
    { cause },
  );
}
