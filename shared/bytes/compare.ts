import { chunksOf } from "./chunks.ts";
import type { ByteRange } from "./source.ts";

/** Whether two ranges hold the same bytes; reads both, a chunk at a time. */
export async function rangesEqual(
  a: ByteRange,
  b: ByteRange,
  onProgress?: (bytes: number) => void,
): Promise<boolean> {
  if (a.length !== b.length) return false;
  const [lefts, rights] = [chunksOf(a), chunksOf(b)];
  try {
    for (;;) {
      const [left, right] = await Promise.all([lefts.next(), rights.next()]);
      if (left.done || right.done) return true;
      onProgress?.(left.value.length);
      if (Buffer.compare(left.value, right.value) !== 0) return false;
    }
  } finally {
    await Promise.all([lefts.return(), rights.return()]);
  }
}
