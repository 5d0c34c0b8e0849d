import { rangeSource } from "../bytes/range-source.ts";
import type { ByteRange, ByteSource } from "../bytes/source.ts";
import { CleaveError } from "../errors.ts";
import { checksum } from "../hdf5/checksum.ts";
import { signature, superblockFields, type SuperblockFields } from "../hdf5/superblock.ts";
import { locateZip } from "../zip/read.ts";
import type { ZipMember } from "../zip/member.ts";

/** Where a model stands in a file that has something before or behind it. */
export type LocatedModel =
  | {
      readonly kind: "hdf5";
      /** The HDF5 file alone, as one that begins at its first byte. */
      readonly source: ByteSource;
      readonly before: number;
      readonly behind: number;
    }
  | {
      readonly kind: "zip";
      readonly members: ReadonlyMap<string, ZipMember>;
      readonly before: number;
      readonly behind: number;
    };

/** A prefix is looked through so far, and what is behind an archive as far back. */
const farthest = 4 * 1024 * 1024;
const endRecord = Buffer.from("PK\x05\x06", "latin1");
const endRecordSize = 22;

/**
 * Finds the HDF5 file or ZIP archive in a file, whatever stands before and behind it.
 *
 * @returns undefined where there is none
 */
export async function locateModel(file: ByteSource): Promise<LocatedModel | undefined> {
  const head = Buffer.from(await file.read(0, Math.min(farthest, file.size)));
  const archive = await locateArchive(file, head);
  if (archive !== undefined) return archive;
  const before = head.indexOf(signature);
  return before < 0 ? undefined : locateHdf5(file, before);
}

async function locateHdf5(file: ByteSource, before: number): Promise<LocatedModel | undefined> {
  const length = file.size - before;
  const start = Buffer.from(await file.read(before, Math.min(100, length)));
  const fields = superblockFields[start[signature.length] ?? -1];
  if (fields === undefined || start.length < fields.endOfFile + 8) return undefined;
  const base = start.readBigUInt64LE(fields.base);
  // With a user block, places are counted from its end, and the end from the start of the file.
  const end = Number(start.readBigUInt64LE(fields.endOfFile) - base);
  if (base !== 0n && base !== BigInt(before)) return undefined;
  const whole: ByteRange = { source: file, offset: before, length };
  const source = base === 0n ? rangeSource(whole) : withoutBase(whole, start, fields, end);
  return { kind: "hdf5", source, before, behind: Math.max(0, length - end) };
}

/** The file with a superblock as it has without a user block. */
function withoutBase(
  range: ByteRange,
  start: Buffer,
  fields: SuperblockFields,
  end: number,
): ByteSource {
  const head = Buffer.from(start);
  head.writeBigUInt64LE(0n, fields.base);
  head.writeBigUInt64LE(BigInt(end), fields.endOfFile);
  if (fields.checksum !== null) {
    head.writeUInt32LE(checksum(head.subarray(0, fields.checksum)), fields.checksum);
  }
  const source = rangeSource(range);
  return {
    ...source,
    read: async (offset, length, into) => {
      const bytes = await source.read(offset, length, into);
      if (offset >= head.length) return bytes;
      const patched = Buffer.from(bytes);
      head.copy(patched, 0, offset, Math.min(head.length, offset + length));
      if (into === undefined) return patched;
      into.set(patched);
      return into.subarray(0, length);
    },
  };
}

/** By end records from the last to the first: the archive that one of them fits is taken. */
async function locateArchive(file: ByteSource, head: Buffer): Promise<LocatedModel | undefined> {
  if (head.indexOf("PK\x03\x04") < 0) return undefined;
  const start = Math.max(0, file.size - farthest);
  const tail = Buffer.from(await file.read(start, file.size - start));
  for (
    let at = tail.lastIndexOf(endRecord);
    at >= 0;
    at = at === 0 ? -1 : tail.lastIndexOf(endRecord, at - 1)
  ) {
    if (at + endRecordSize > tail.length) continue;
    const end = start + at + endRecordSize + tail.readUInt16LE(at + 20);
    if (end > file.size) continue;
    const found = await archiveUpTo(file, end, start + at - tail.readUInt32LE(at + 12), tail, at);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function archiveUpTo(
  file: ByteSource,
  end: number,
  directory: number,
  tail: Buffer,
  at: number,
): Promise<LocatedModel | undefined> {
  // Whoever puts something before an archive corrects the places in it, or does not.
  const shift = directory - tail.readUInt32LE(at + 16);
  for (const before of new Set([0, shift])) {
    if (before < 0 || before >= end) continue;
    const range = { source: file, offset: before, length: end - before };
    const archive = await locateZip(rangeSource(range)).catch((error: unknown) => {
      if (error instanceof CleaveError && error.code !== "IO") return undefined;
      throw error;
    });
    if (archive === undefined || archive.members.size === 0) continue;
    const { members, prefix } = archive;
    return {
      kind: "zip",
      members,
      before: before + (prefix?.length ?? 0),
      behind: file.size - end,
    };
  }
  return undefined;
}
