import { chunksOf } from "./chunks.ts";
import { crc32 } from "./crc32.ts";
import type { ByteRange } from "./source.ts";

/**
 * The CRC-32 of a range, continued from `previous` (0 at the start).
 *
 * @param onProgress called with the number of bytes read since the last call
 */
export async function crc32OfRange(
  range: ByteRange,
  previous = 0,
  onProgress?: (bytes: number) => void,
): Promise<number> {
  let crc = previous;
  for await (const bytes of chunksOf(range)) {
    crc = crc32(bytes, crc);
    onProgress?.(bytes.length);
  }
  return crc;
}
