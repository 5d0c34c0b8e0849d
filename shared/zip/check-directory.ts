import type { ByteSource } from "../bytes/source.ts";
import { CleaveError } from "../errors.ts";

/** What the records of the central directory turned out to be. */
export interface FoundDirectory {
  readonly count: number;
  /** In the archive, as `end`. */
  readonly start: number;
  readonly end: number;
  /** In bytes, of the comment behind the end record. */
  readonly commentSize: number;
}

/** APPNOTE.TXT 4.3.16, and 4.3.14 with 4.3.15, without ZIP64's extensible data. */
const endRecordSize = 22;
const zip64RecordsSize = 56 + 20;

/**
 * The directory must end where its end records start, ZIP64's or not, and all of them must say
 * of it what was found: some readers go by its size, some by the count, some by the offset.
 *
 * @throws CleaveError `ZIP_INVALID`
 */
export async function checkDirectory(
  source: ByteSource,
  { count, start, end, commentSize }: FoundDirectory,
): Promise<void> {
  const left = source.size - commentSize - endRecordSize - end;
  const uncounted = (): CleaveError =>
    new CleaveError(
      "ZIP_INVALID",
      `The ZIP archive holds ${left} bytes between the ${count} records of its central directory and its end record; the number of members is wrong.`,
      { rule: "KZ615" },
    );
  if (left !== 0 && left !== zip64RecordsSize) throw uncounted();
  const bytes = Buffer.from(await source.read(end, left + endRecordSize));
  const zip64 = left > 0;
  if (zip64 && bytes.readUInt32LE(0) !== 0x06064b50) throw uncounted();
  const found = [count, count, end - start, start];
  const last = bytes.subarray(left);
  const said = [8, 10].map((at) => last.readUInt16LE(at));
  said.push(last.readUInt32LE(12), last.readUInt32LE(16));
  const elsewhere = zip64 ? [0xffff, 0xffff, 0xffff_ffff, 0xffff_ffff] : found;
  const agree = said.every((value, at) => value === found[at] || value === elsewhere[at]);
  if (!agree || (zip64 && !zip64Agrees(bytes, found, end))) {
    throw new CleaveError(
      "ZIP_INVALID",
      `The ZIP archive's end record does not fit the directory of ${count} records at byte ${start}. The file is damaged or made to mislead; take an intact copy.`,
      { rule: "KZ615" },
    );
  }
}

/** ZIP64's record of the same four values, and its locator, which says where the record is. */
function zip64Agrees(bytes: Buffer, found: readonly number[], position: number): boolean {
  const said = [24, 32, 40, 48].map((at) => Number(bytes.readBigUInt64LE(at)));
  const isLocator = bytes.readUInt32LE(56) === 0x07064b50;
  const located = Number(bytes.readBigUInt64LE(64));
  return isLocator && located === position && said.every((value, at) => value === found[at]);
}
