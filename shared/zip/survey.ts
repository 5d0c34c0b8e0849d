import { pagedSource } from "../bytes/paged-source.ts";
import type { ByteRange, ByteSource } from "../bytes/source.ts";
import { limitOf } from "../limits.ts";

/** A member of an archive that was cut, as its local header has it. */
export interface FoundMember {
  readonly name: string;
  /** Bytes in the archive, as stated; null where they are stated behind the member only. */
  readonly stated: number | null;
  readonly deflated: boolean;
  /** Of the content; null as `stated`. */
  readonly crc32: number | null;
  /** What is there of them. */
  readonly stored: ByteRange;
}

/** What is left of an archive that has lost its end. */
export interface ZipSurvey {
  readonly members: readonly FoundMember[];
  /** Whether the central directory begins, so that all members are there. */
  readonly hasDirectory: boolean;
}

const localHeader = 0x04034b50;
const directoryRecord = 0x02014b50;
const endRecord = Buffer.from("PK\x05\x06");
const endRecordSize = 22;
const longestComment = 0xffff;
const headerSize = 30;
const descriptorFlag = 0x08;
const fullField = 0xffff_ffff;

/**
 * What an archive still holds that has lost its end: local headers are all that is left where the
 * directory, which stands at the end, is not there.
 *
 * @returns undefined where the archive has its end, whatever else may be wrong with it
 */
export async function surveyTruncatedZip(source: ByteSource): Promise<ZipSurvey | undefined> {
  return (await hasEnd(source)) ? undefined : surveyZip(source);
}

/** What local headers lead to, from the start of an archive on, whatever its directory says. */
export async function localMembers(source: ByteSource): Promise<readonly FoundMember[]> {
  return (await surveyZip(source)).members;
}

/** Goes from local header to local header (APPNOTE.TXT 4.3.7). */
async function surveyZip(source: ByteSource): Promise<ZipSurvey> {
  const paged = pagedSource(source);
  const upTo = async (offset: number, length: number): Promise<Buffer> => {
    const there = Math.max(0, Math.min(length, source.size - offset));
    return Buffer.from(there === 0 ? [] : await paged.read(offset, there));
  };
  const members: FoundMember[] = [];
  for (let at = 0; members.length < limitOf("zipMembers");) {
    const header = await upTo(at, headerSize);
    const mark = header.length < 4 ? 0 : header.readUInt32LE(0);
    if (mark === directoryRecord) return { members, hasDirectory: true };
    if (mark !== localHeader || header.length < headerSize) break;
    const [nameLength, extraLength] = [header.readUInt16LE(26), header.readUInt16LE(28)];
    const names = await upTo(at + headerSize, nameLength + extraLength);
    if (names.length < nameLength + extraLength) break;
    const start = at + headerSize + names.length;
    const stated = statedSize(header, names.subarray(nameLength));
    const length = Math.min(stated ?? 0, source.size - start);
    members.push({
      name: names.toString("utf8", 0, nameLength),
      stated,
      deflated: header.readUInt16LE(8) !== 0,
      crc32: stated === null ? null : header.readUInt32LE(14),
      stored: { source, offset: start, length },
    });
    if (stated === null) break;
    at = start + stated;
  }
  return { members, hasDirectory: false };
}

/** Of the member in the archive; in ZIP64's extra field where the header's own is full. */
function statedSize(header: Buffer, extra: Buffer): number | null {
  const compressed = header.readUInt32LE(18);
  if (header.readUInt16LE(6) & descriptorFlag && compressed === 0) return null;
  if (compressed !== fullField) return compressed;
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    const field = at + 4 + (header.readUInt32LE(22) === fullField ? 8 : 0);
    if (field + 8 > extra.length) return null;
    const size = extra.readBigUInt64LE(field);
    return size > Number.MAX_SAFE_INTEGER ? null : Number(size);
  }
  return null;
}

/**
 * Whether an end record (APPNOTE.TXT 4.3.16) is there: one that reaches to the end of the file, or
 * follows the directory that it tells of. The end record of an archive inside a member does neither.
 */
async function hasEnd(source: ByteSource): Promise<boolean> {
  const length = Math.min(source.size, endRecordSize + longestComment);
  const start = source.size - length;
  const tail = Buffer.from(await source.read(start, length));
  for (let at = tail.lastIndexOf(endRecord); at >= 0; at = tail.lastIndexOf(endRecord, at - 1)) {
    if (at + endRecordSize <= tail.length) {
      const end = at + endRecordSize + tail.readUInt16LE(at + 20);
      const directory = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)] as const;
      const isOwn = directory[0] + directory[1] === start + at || directory.includes(fullField);
      if (end === tail.length || (end < tail.length && isOwn)) return true;
    }
    if (at === 0) break;
  }
  return false;
}
