import fc from "fast-check";
import { expect, test } from "vitest";
import { memorySource } from "#shared/bytes/memory-source.ts";
import type { ByteSource } from "#shared/bytes/source.ts";
import { littleEndianRange } from "#shared/hdf5/little-endian-range.ts";

/** Like a file on disk, which fills the buffer it is given. */
function filling(bytes: Uint8Array): ByteSource {
  const read = (offset: number, length: number, into?: Uint8Array): Promise<Uint8Array> => {
    const target = into ?? new Uint8Array(length);
    target.set(bytes.subarray(offset, offset + length));
    return Promise.resolve(target.subarray(0, length));
  };
  return { name: "file", size: bytes.length, read };
}

test("numbers are reversed wherever they are read from, and the source stays as it is", async () => {
  const cases = fc.record({
    width: fc.constantFrom(2 as const, 4 as const, 8 as const),
    before: fc.nat(9),
    count: fc.integer({ min: 1, max: 20 }),
    part: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(100)),
    room: fc.option(fc.nat(5)),
    inMemory: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ width, before, count, part, room, inMemory }) => {
      const length = width * count;
      const bytes = Uint8Array.from({ length: before + length + 3 }, (_, at) => at * 7);
      const kept = bytes.slice();
      const expected = bytes.slice(before, before + length);
      for (let at = 0; at < length; at += width) expected.subarray(at, at + width).reverse();
      const from = Math.floor(part[0] * length);
      const size = Math.min(part[1], length - from);
      const source = inMemory ? memorySource("memory", bytes) : filling(bytes);

      const range = littleEndianRange({ source, offset: before, length }, width);
      const into = room === null ? undefined : new Uint8Array(size + room);
      const read = await range.source.read(range.offset + from, size, into);

      expect(Buffer.from(read)).toEqual(Buffer.from(expected.subarray(from, from + size)));
      expect(bytes).toEqual(kept);
      if (into !== undefined) expect(read.buffer).toBe(into.buffer);
    }),
  );
});
