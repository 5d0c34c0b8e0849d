import { crc32OfRange } from "../bytes/crc32-of-range.ts";
import { combineCrc32 } from "../bytes/crc32.ts";
import type { ByteRange } from "../bytes/source.ts";
import type { StatedChecksum } from "./model.ts";

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
    const inside = ranges.filter(
      ([{ source, offset, length }]) =>
        source === range.source &&
        offset >= range.offset &&
        offset + length <= range.offset + range.length,
    );
    if (isTooDear(range, inside)) continue;
    const end = range.offset + range.length;
    const span = (from: number, to: number): ByteRange => {
      return { source: range.source, offset: from, length: to - from };
    };
    let crc = 0;
    let at = range.offset;
    for (const [{ offset, length }, rangeCrc] of inside) {
      crc = await crc32OfRange(span(at, offset), crc);
      crc = combineCrc32(crc, rangeCrc, length);
      at = offset + length;
    }
    crc = await crc32OfRange(span(at, end), crc);
    if (crc !== expected) differing.push(name);
  }
  return differing;
}

/** Of a remote source, what may be read to check a part, in bytes, and in how many requests. */
const dearBytes = 16 * 1024 * 1024;
const dearRequests = 64;

function isTooDear(
  { source, length }: ByteRange,
  known: readonly (readonly [ByteRange, number])[],
): boolean {
  if (!source.isRemote) return false;
  const rest = known.reduce((left, [range]) => left - range.length, length);
  return rest > dearBytes || (rest > 0 && known.length > dearRequests);
}
