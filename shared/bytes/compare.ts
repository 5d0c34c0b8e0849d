import { chunkSize, giveBackChunkBuffer, takeChunkBuffer } from "./chunk-buffers.ts";
import type { ByteRange } from "./source.ts";

/** Whether two ranges hold the same bytes; reads both, a chunk at a time. */
export async function rangesEqual(
  a: ByteRange,
  b: ByteRange,
  onProgress?: (bytes: number) => void,
): Promise<boolean> {
  if (a.length !== b.length) return false;
  const [first, second] = [takeChunkBuffer(), takeChunkBuffer()];
  try {
    for (let at = 0; at < a.length; at += chunkSize) {
      const length = Math.min(chunkSize, a.length - at);
      const [left, right] = await Promise.all([
        a.source.read(a.offset + at, length, first),
        b.source.read(b.offset + at, length, second),
      ]);
      onProgress?.(length);
      if (Buffer.compare(left, right) !== 0) return false;
    }
    return true;
  } finally {
    giveBackChunkBuffer(first);
    giveBackChunkBuffer(second);
  }
}
