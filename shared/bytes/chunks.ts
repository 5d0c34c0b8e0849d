import { chunkSize, giveBackChunkBuffer, takeChunkBuffer } from "./chunk-buffers.ts";
import type { ByteRange } from "./source.ts";

/**
 * The bytes of a range from front to back, in chunks of one buffer: each is gone when the next one
 * is asked for.
 */
export async function* chunksOf({
  source,
  offset,
  length,
}: ByteRange): AsyncGenerator<Uint8Array, void> {
  const buffer = takeChunkBuffer();
  try {
    for (let at = 0; at < length; at += chunkSize) {
      yield await source.read(offset + at, Math.min(chunkSize, length - at), buffer);
    }
  } finally {
    giveBackChunkBuffer(buffer);
  }
}
