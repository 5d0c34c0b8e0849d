import type { ByteRange } from "./source.ts";

/** Elements made at a time: a buffer of them is small. */
const block = 16 * 1024;

/**
 * Bytes that stand nowhere and are computed where they are read: equal elements, numbers from a
 * formula. Whatever its size, nothing is held.
 *
 * @param count elements
 * @param size of one, in bytes
 * @param write puts element `index` at `at`
 */
export function computedRange(
  name: string,
  count: number,
  size: number,
  write: (view: DataView, at: number, index: number) => void,
): ByteRange {
  const read = (offset: number, length: number, into?: Uint8Array): Promise<Uint8Array> => {
    const bytes = into ?? new Uint8Array(length);
    const elements = new DataView(new ArrayBuffer(block * size));
    const first = Math.floor(offset / size);
    const end = Math.ceil((offset + length) / size);
    for (let from = first; from < end; from += block) {
      const made = Math.min(block, end - from);
      for (let index = 0; index < made; index += 1) write(elements, index * size, from + index);
      const start = Math.max(offset, from * size);
      const stop = Math.min(offset + length, (from + made) * size);
      const part = new Uint8Array(elements.buffer, start - from * size, stop - start);
      bytes.set(part, start - offset);
    }
    return Promise.resolve(bytes.subarray(0, length));
  };
  const source = { name, size: count * size, read };
  return { source, offset: 0, length: source.size };
}
