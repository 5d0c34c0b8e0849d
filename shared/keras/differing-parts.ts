import { allOrNone } from "../all-or-none.ts";
import { crc32OfRange } from "../bytes/crc32-of-range.ts";
import { combineCrc32 } from "../bytes/crc32.ts";
import type { ByteRange } from "../bytes/source.ts";
import type { StatedChecksum } from "./model.ts";

/** A range and its CRC-32. */
type Known = readonly [range: ByteRange, crc32: number];

/**
 * Compares what is stated about parts with their bytes. Ranges whose checksum is known from moving
 * them are not read again, only what stands between them. Nor is what its store has checked; and of a
 * remote source, parts of which much would have to be read are left out.
 *
 * @param known CRC-32 of ranges
 * @returns names of the parts that are not as stated
 */
export async function differingParts(
  stated: readonly StatedChecksum[],
  known: ReadonlyMap<ByteRange, number>,
): Promise<string[]> {
  const differing: string[] = [];
  const ranges = [...known].toSorted(([a], [b]) => a.offset - b.offset);
  for (const { name, range, crc32: expected } of stated) {
    const stored = range.source.crc32;
    if (stored !== undefined && range.length === range.source.size) {
      if (stored !== expected) differing.push(name);
      continue;
    }
    const inside = knownWithin(range, ranges);
    if (isTooDear(range, inside)) continue;
    const rest = restOf(range, inside);
    const atOnce = range.source.isRemote ? dearRequests : 1;
    const read = await allOrNone(rest, atOnce, (span) => crc32OfRange(span));
    const runs = [...inside, ...rest.map((span, index) => [span, read[index]!] as const)];
    const crc = runs
      .toSorted(([one], [other]) => one.offset - other.offset)
      .reduce((sum, [{ length }, part]) => combineCrc32(sum, part, length), 0);
    if (crc !== expected) differing.push(name);
  }
  return differing;
}

/**
 * Known ranges of which a part consists. Some may overlap: what stands between the tensors of one
 * artifact can be a tensor of another.
 */
function knownWithin(part: ByteRange, ranges: readonly Known[]): Known[] {
  let at = part.offset;
  return ranges.filter(([{ source, offset, length }]) => {
    const end = offset + length;
    const isNext = source === part.source && offset >= at && end <= part.offset + part.length;
    if (isNext) at = end;
    return isNext;
  });
}

/** What of a range is in none of those that are known, in order. */
function restOf({ source, offset, length }: ByteRange, known: readonly Known[]): ByteRange[] {
  const rest: ByteRange[] = [];
  let at = offset;
  const until = (end: number): void => {
    if (end > at) rest.push({ source, offset: at, length: end - at });
  };
  for (const [range] of known) {
    until(range.offset);
    at = range.offset + range.length;
  }
  until(offset + length);
  return rest;
}

/** Of a remote source, what may be read to check a part, in bytes, and in how many requests. */
const dearBytes = 16 * 1024 * 1024;
const dearRequests = 64;

function isTooDear({ source, length }: ByteRange, known: readonly Known[]): boolean {
  if (!source.isRemote) return false;
  const rest = known.reduce((left, [range]) => left - range.length, length);
  return rest > dearBytes || (rest > 0 && known.length > dearRequests);
}
