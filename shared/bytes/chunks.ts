import type { ByteRange } from "./source.ts";

const chunkSize = 1024 * 1024;

/** Reads a range from front to back; each chunk is gone when the next one is read. */
export async function eachChunk(
  { source, offset, length }: ByteRange,
  use: (bytes: Uint8Array) => void,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(chunkSize, length));
  for (let at = 0; at < length; at += chunkSize) {
    use(await source.read(offset + at, Math.min(chunkSize, length - at), buffer));
  }
}
