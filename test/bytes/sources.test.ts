import fc from "fast-check";
import { expect, test } from "vitest";
import { layout } from "#shared/bytes/layout.ts";
import { memoryRange, memorySource } from "#shared/bytes/memory-source.ts";
import { rangeSource, wholeRange } from "#shared/bytes/range-source.ts";

test("a range as a source reads from the range's start, at any depth of ranges", async () => {
  const cases = fc
    .uint8Array({ minLength: 1, maxLength: 300 })
    .chain((bytes) => fc.tuple(fc.constant(bytes), slices(bytes.length, 4)));
  await fc.assert(
    fc.asyncProperty(cases, async ([bytes, nested]) => {
      let source = memorySource("m", bytes);
      let expected = bytes;
      for (const [offset, length] of nested) {
        source = rangeSource({ source, offset, length });
        expected = expected.subarray(offset, offset + length);
      }

      const read = await source.read(0, source.size);

      expect(source.size).toBe(expected.length);
      expect(Buffer.compare(read, expected)).toBe(0);
    }),
  );
});

test("the whole of a source, and bytes in memory, are ranges without an offset", () => {
  const bytes = new Uint8Array(5);

  const whole = wholeRange(memorySource("m", bytes));
  const memory = memoryRange("m", bytes);

  expect([whole.offset, whole.length]).toEqual([0, 5]);
  expect([memory.offset, memory.length]).toEqual([0, 5]);
});

test("a layout is as long as all its segments, the deferred ones too", () => {
  const planned = layout([
    new Uint8Array(3),
    memoryRange("m", new Uint8Array(4)),
    { length: 5, spans: [], make: () => new Uint8Array(5) },
  ]);

  expect(planned.size).toBe(12);
});

/** Offset and length of a slice, of a slice of that, and so on. */
function slices(size: number, depth: number): fc.Arbitrary<[number, number][]> {
  if (depth === 0) return fc.constant([]);
  return fc
    .nat(size)
    .chain((offset) => fc.tuple(fc.constant(offset), fc.nat(size - offset)))
    .chain((slice) => slices(slice[1], depth - 1).map((rest) => [slice, ...rest]));
}
