/**
 * Of a chunk, in bytes: fewer cost more calls, more fall out of the processor's cache, and Linux may
 * take three times as long to write a megabyte at once, which it wants in one piece of memory.
 */
export const chunkSize = 256 * 1024;

/**
 * Buffers that were given back. A new one for every tensor of a model would stay in memory until
 * the collector comes, which counts objects more than the bytes behind them.
 */
const free: Buffer[] = [];

export function takeChunkBuffer(): Buffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(chunkSize);
}

export function giveBackChunkBuffer(buffer: Buffer): void {
  free.push(buffer);
}
