import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryRange } from "#shared/bytes/memory-source.ts";
import { elementsOf } from "#shared/tensors/elements.ts";
import { statisticsOf } from "#shared/tensors/statistics.ts";

function float64(values: readonly number[]): ReturnType<typeof memoryRange> {
  return memoryRange("t", new Uint8Array(Float64Array.from(values).buffer));
}

test("NaN and infinite numbers are counted, and leave the others' measures alone", async () => {
  const values = [1, Number.NaN, 3, Infinity, -Infinity, 0, Number.NaN];

  const found = await statisticsOf(float64(values), elementsOf("float64")!);

  expect(found).toEqual({
    count: 7,
    min: 0,
    max: 3,
    mean: expect.closeTo(4 / 3, 12),
    std: expect.closeTo(Math.sqrt(14 / 9), 12),
    zeros: 1,
    nan: 2,
    infinite: 2,
  });
});

test("no finite number has no smallest, largest or mean", async () => {
  const none = await statisticsOf(float64([]), elementsOf("float64")!);
  const nan = await statisticsOf(float64([Number.NaN]), elementsOf("float64")!);

  expect(none).toMatchObject({ count: 0, min: null, max: null, mean: null, std: null });
  expect(nan).toMatchObject({ count: 1, min: null, std: null, nan: 1 });
});

test("a large mean does not drown a small spread", async () => {
  const values = Array.from({ length: 1000 }, (_, index) => 1e9 + (index % 2));

  const { std } = await statisticsOf(float64(values), elementsOf("float64")!);

  expect(std).toBeCloseTo(0.5, 9);
});

test("measures are those of the plain formulas, also over several chunks", async () => {
  const size = 300_000; // of float64 2.4 MB
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1 }),
      async (some) => {
        const values = Array.from({ length: size }, (_, index) => some[index % some.length]!);
        const mean = values.reduce((sum, value) => sum + value, 0) / size;

        const found = await statisticsOf(float64(values), elementsOf("float64")!);

        expect(found.count).toBe(size);
        expect(found.min).toBe(Math.min(...some));
        expect(found.max).toBe(Math.max(...some));
        expect(found.mean).toBeCloseTo(mean, 6);
      },
    ),
    { numRuns: 10 },
  );
});
