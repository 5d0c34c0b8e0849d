import yauzl, { type Entry, type LocalFileHeader, type ZipFile } from "yauzl";
import { pagedSource } from "../bytes/paged-source.ts";
import type { ByteRange, ByteSource } from "../bytes/source.ts";
import { CleaveError, quote } from "../errors.ts";
import { checkLimit } from "../limits.ts";
import type { RuleId } from "../scan/rules.ts";
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
  return (await locateZip(source)).members;
}

/** An archive's members, and what of it belongs to none. */
export interface LocatedZip {
  readonly members: ReadonlyMap<string, ZipMember>;
  /** Bytes before the first member. */
  readonly prefix: ByteRange | null;
  /** Bytes between members, and before the directory. */
  readonly gaps: readonly ByteRange[];
  readonly comment: ByteRange | null;
}

/** As `readZip`, with an account of all bytes. */
export async function locateZip(source: ByteSource): Promise<LocatedZip> {
  const members = new Map<string, ZipMember>();
  const extents: Extent[] = [];
  let directoryStart = 0;
  let commentSize = 0;
  await withZip(source, async (zip, paged) => {
    checkLimit("zipMembers", zip.entryCount, "archive");
    const directory = cursor(zip);
    for await (const entry of zip.eachEntry()) {
      checkEntry(entry);
      if (members.has(entry.fileName))
        invalidMember(entry.fileName, "stands twice in the archive (a duplicate)", "KZ603");
      const start = entry.relativeOffsetOfLocalHeader;
      const dataStart = await checkLocalHeader(zip, entry).catch((cause: unknown) => {
        if (cause instanceof CleaveError) throw cause;
        const { message } = cause as Error;
        const isFull = [entry.compressedSize, entry.uncompressedSize].includes(0xffff_ffff);
        const wrong = isFull ? "its ZIP64 record is missing" : "its local header or size is wrong";
        const problem = `cannot be located: ${wrong} (${message})`;
        return invalidMember(entry.fileName, problem, isFull ? "KZ613" : ruleOf(message), cause);
      });
      const end = await endOf(entry, dataStart + entry.compressedSize, paged, directory);
      if (end > directory)
        invalidMember(entry.fileName, "reaches into the archive's directory", "KZ611");
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
    directoryStart = directory;
    commentSize = Buffer.byteLength(zip.comment, "latin1");
    const end = cursor(zip);
    await checkDirectory(paged, { count: zip.entryCount, start: directory, end, commentSize });
  });
  const gaps = gapsBetween(extents, directoryStart);
  const range = (start: number, end: number): ByteRange => {
    return { source, offset: start, length: end - start };
  };
  return {
    members,
    prefix: gaps.prefix === 0 ? null : range(0, gaps.prefix),
    gaps: gaps.between.map(([start, end]) => range(start, end)),
    comment: commentSize === 0 ? null : range(source.size - commentSize, source.size),
  };
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
    throw refusalOf(cause as Error);
  }
}

/** What yauzl refuses, in our words where its own do not say what it is about. */
function refusalOf(cause: Error): CleaveError {
  const { message } = cause;
  const rule = ruleOf(message);
  return new CleaveError("ZIP_INVALID", `${describe(message, rule)}. Take an intact copy.`, {
    cause,
    rule,
  });
}

function describe(message: string, rule: RuleId): string {
  if (rule === "KZ601") {
    return `Archive member with a path that leaves the archive (${quote(message)})`;
  }
  if (rule === "KZ607") return `The ZIP archive is encrypted (${message})`;
  if (/extra bytes at the end/.test(message)) {
    return "The ZIP archive has bytes behind its end record that are no comment of it; cleave doctor --repair takes them away";
  }
  return `The ZIP archive is damaged: ${message}`;
}

function ruleOf(message: string): RuleId {
  return ruleOfMessage.find(([pattern]) => pattern.test(message))?.[1] ?? "KZ619";
}

const ruleOfMessage: readonly (readonly [RegExp, RuleId])[] = [
  [/absolute path|relative path|invalid characters in fileName/i, "KZ601"],
  [/zip64|extra field/i, "KZ613"],
  [/overflows file bounds|compressed size/i, "KZ606"],
  [/local file header/i, "KZ604"],
  [/encrypt/i, "KZ607"],
  [/central directory|multi-disk|comment/i, "KZ615"],
];

function checkEntry(entry: Entry): void {
  const { fileName, compressionMethod, externalFileAttributes, versionMadeBy } = entry;
  checkLimit("nameBytes", entry.fileNameLength, "archive member");
  // Without the flag for UTF-8, control characters come as pictures of code page 437.
  if (/[\p{Cc}\p{Cf}]/u.test(fileName) || entry.fileNameRaw.some((byte) => byte < 0x20))
    invalidMember(fileName, "has invisible characters in its name", "KZ616");
  // yauzl takes the name of an extra field that vouches for the raw one, other readers take the raw one.
  const raw = entry.fileNameRaw.toString("latin1");
  if (/^[\x20-\x7e]*$/.test(raw) && raw !== fileName)
    invalidMember(fileName, `has another name, ${quote(raw)}, in its header`, "KZ604");
  if (entry.isEncrypted()) {
    throw new CleaveError(
      "UNSUPPORTED",
      `${quote(fileName)} is encrypted; save the archive without a password.`,
      { rule: "KZ607" },
    );
  }
  if (compressionMethod !== methodStored && compressionMethod !== methodDeflated) {
    throw new CleaveError(
      "UNSUPPORTED",
      `${quote(fileName)} is compressed with method ${compressionMethod}; Keras stores its members. Pack them again with Python's zipfile.`,
      { rule: "KZ608" },
    );
  }
  const fileType = (externalFileAttributes >>> 16) & fileTypeMask;
  const special = fileType !== 0 && fileType !== regularFile && !fileName.endsWith("/");
  if (versionMadeBy >>> 8 === unix && special) {
    invalidMember(fileName, "is a link or another special file", "KZ602");
  }
}

/** The local header before a member must say what the central directory says. */
async function checkLocalHeader(zip: ZipFile, entry: Entry): Promise<number> {
  const local = await zip.readLocalFileHeaderPromise(entry);
  const differs = (what: string): never =>
    invalidMember(
      entry.fileName,
      `has another ${what} in its local header than in the central directory`,
      "KZ604",
    );
  if (!local.fileName.equals(entry.fileNameRaw)) differs("name");
  if (local.compressionMethod !== entry.compressionMethod) differs("compression method");
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

interface Extent {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** @throws CleaveError `ZIP_INVALID` where two members share bytes */
function gapsBetween(
  extents: readonly Extent[],
  directory: number,
): { prefix: number; between: readonly (readonly [start: number, end: number])[] } {
  const sorted = extents.toSorted((a, b) => a.start - b.start);
  const prefix = sorted[0]?.start ?? directory;
  const between: [number, number][] = [];
  let end = prefix;
  for (const extent of sorted) {
    if (extent.start < end) invalidMember(extent.name, "shares bytes with another member", "KZ611");
    if (extent.start > end) between.push([end, extent.start]);
    end = extent.end;
  }
  if (directory > end) between.push([end, directory]);
  return { prefix, between };
}

/**
 * Behind the descriptor that follows what was written as a stream (APPNOTE.TXT 4.3.9): with or without
 * a signature, sizes of 32 or 64 bits.
 */
async function endOf(
  entry: Entry,
  end: number,
  paged: ByteSource,
  directory: number,
): Promise<number> {
  if ((entry.generalPurposeBitFlag & dataDescriptorFlag) === 0) return end;
  const bytes = Buffer.from(await paged.read(end, Math.max(0, Math.min(24, directory - end))));
  const crc = Buffer.alloc(4);
  crc.writeUInt32LE(entry.crc32);
  const [signature, start] = [Buffer.from("PK\x07\x08"), bytes.subarray(0, 4)];
  const from = start.equals(signature) ? 4 : 0;
  if (!bytes.subarray(from, from + 4).equals(crc)) return end;
  const sizes = [entry.compressedSize, entry.uncompressedSize];
  const is = (width: number): boolean =>
    bytes.length >= from + 4 + 2 * width &&
    sizes.every((size, index) => {
      const at = from + 4 + index * width;
      return width === 4
        ? bytes.readUInt32LE(at) === size
        : bytes.readBigUInt64LE(at) === BigInt(size);
    });
  const width = [4, 8].find(is);
  return width === undefined ? end : end + from + 4 + 2 * width;
}
