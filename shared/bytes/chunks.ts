import { chunkSize, giveBackChunkBuffer, takeChunkBuffer } from "./chunk-buffers.ts";
import { ReadAhead } from "./read-ahead.ts";
import type { ByteRange } from "./source.ts";

/**
 * The bytes of a range from front to back, in chunks of one buffer: each is gone when the next one
 * is asked for.
 */
export async function* chunksOf(range: ByteRange): AsyncGenerator<Uint8Array, void> {
  const { source, offset, length } = range;
  const ahead = source.isRemote ? new ReadAhead([range]) : undefined;
  const buffer = takeChunkBuffer();
  try {
    for (let at = 0; at < length; at += chunkSize) {
      const count = Math.min(chunkSize, length - at);
      yield ahead === undefined
        ? await source.read(offset + at, count, buffer)
        : await ahead.read({ source, offset: offset + at, length: count }, buffer);
    }
  } finally {
    giveBackChunkBuffer(buffer);
  }
}
