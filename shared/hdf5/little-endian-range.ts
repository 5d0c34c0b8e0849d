import type { ByteRange } from "../bytes/source.ts";

type Width = 2 | 4 | 8;

const swaps = {
  2: (bytes: Buffer): Buffer => bytes.swap16(),
  4: (bytes: Buffer): Buffer => bytes.swap32(),
  8: (bytes: Buffer): Buffer => bytes.swap64(),
} as const;

/**
 * Big-endian numbers as a range that gives them in little-endian order: their bytes are reversed
 * as they are read. Offsets stay those of the source.
 */
export function littleEndianRange({ source, offset, length }: ByteRange, width: Width): ByteRange {
  const read = async (at: number, count: number, into?: Uint8Array): Promise<Uint8Array> => {
    const before = (at - offset) % width;
    const whole = Math.ceil((before + count) / width) * width;
    const target = into !== undefined && whole === count ? into : Buffer.allocUnsafe(whole);
    const bytes = await source.read(at - before, whole, target);
    const numbers = Buffer.from(target.buffer, target.byteOffset, whole);
    // A source in memory gives its own bytes, which are not to change.
    if (bytes.buffer !== target.buffer || bytes.byteOffset !== target.byteOffset) {
      numbers.set(bytes);
    }
    const swapped = swaps[width](numbers).subarray(before, before + count);
    if (into === undefined || target === into) return swapped;
    into.set(swapped);
    return into.subarray(0, count);
  };
  return { source: { name: source.name, size: source.size, read }, offset, length };
}
