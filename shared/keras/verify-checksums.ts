import { eachChunk } from "../bytes/chunks.ts";
import { combineCrc32, crc32 } from "../bytes/crc32.ts";
import type { ByteRange } from "../bytes/source.ts";
import { CleaveError, quote } from "../errors.ts";
import type { StatedChecksum } from "./model.ts";

/**
 * Compares what a container states about its members with their bytes. Ranges whose checksum is
 * known from moving them are not read again, only what stands between them.
 *
 * @param known CRC-32 of ranges
 * @throws CleaveError `ZIP_INVALID` naming the member
 */
export async function verifyChecksums(
  stated: readonly StatedChecksum[],
  known: ReadonlyMap<ByteRange, number>,
): Promise<void> {
  const ranges = [...known].toSorted(([a], [b]) => a.offset - b.offset);
  for (const { name, range, crc32: expected } of stated) {
    const inside = ranges.filter(
      ([{ source, offset, length }]) =>
        source === range.source &&
        offset >= range.offset &&
        offset + length <= range.offset + range.length,
    );
    let crc = 0;
    let at = range.offset;
    for (const [{ offset, length }, rangeCrc] of inside) {
      crc = await readOn(range, at, offset, crc);
      crc = combineCrc32(crc, rangeCrc, length);
      at = offset + length;
    }
    crc = await readOn(range, at, range.offset + range.length, crc);
    if (crc !== expected) {
      throw new CleaveError(
        "ZIP_INVALID",
        `Archive member ${quote(name)} does not match its checksum; the file is damaged. Take an intact copy.`,
      );
    }
  }
}

async function readOn(
  { source }: ByteRange,
  from: number,
  to: number,
  previous: number,
): Promise<number> {
  let crc = previous;
  await eachChunk({ source, offset: from, length: to - from }, (bytes) => {
    crc = crc32(bytes, crc);
  });
  return crc;
}
