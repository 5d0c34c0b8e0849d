import type { ByteRange, ByteSource } from "./source.ts";

/** Bytes in memory as a source. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
  };
}

/** All of `bytes` as a range of a source of its own. */
export function memoryRange(name: string, bytes: Uint8Array): ByteRange {
  return { source: memorySource(name, bytes), offset: 0, length: bytes.length };
}
