import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs, slices, type Slice } from "#shared/hdf5/slices.ts";

const axes = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 12 })), {
  minLength: 1,
  maxLength: 4,
});
const most = fc.integer({ min: 1, max: 2000 });
const elementSize = fc.constantFrom(1, 2, 4, 12);

const bytesOf = ({ count }: Slice, size: number): number => count.reduce((n, m) => n * m, size);

describe("however a dataset is divided into slices", () => {
  test("every byte of it is in one run of one slice", () => {
    fc.assert(
      fc.property(axes, most, elementSize, (pairs, mostBytes, size) => {
        const shape = pairs.map(([length]) => length);
        const chunk = pairs.map(([, length]) => length);
        const taken = new Uint8Array(shape.reduce((n, m) => n * m, size));

        for (const slice of slices(shape, chunk, size, mostBytes, 1000)) {
          let from = 0;
          for (const run of runs(shape, slice, size)) {
            expect(run.from).toBe(from);
            from += run.length;
            for (let at = 0; at < run.length; at += 1) taken[run.position + at]! += 1;
          }
          expect(from).toBe(bytesOf(slice, size));
        }

        expect(taken.every((times) => times === 1)).toBe(true);
      }),
    );
  });

  test("each has whole chunks, and no more bytes than allowed or than one chunk has", () => {
    fc.assert(
      fc.property(axes, most, elementSize, (pairs, mostBytes, size) => {
        const shape = pairs.map(([length]) => length);
        const chunk = pairs.map(([, length]) => length);
        const one = shape.reduce((n, length, axis) => n * Math.min(length, chunk[axis]!), size);

        for (const slice of slices(shape, chunk, size, mostBytes, 1000)) {
          expect(bytesOf(slice, size)).toBeLessThanOrEqual(Math.max(mostBytes, one));
          for (const [axis, start] of slice.start.entries()) {
            expect(start % chunk[axis]!).toBe(0);
            const end = start + slice.count[axis]!;
            expect([0, shape[axis]]).toContain(end === shape[axis] ? end : end % chunk[axis]!);
          }
        }
      }),
    );
  });
});

test("a slice has no more chunks than allowed", () => {
  const counts = [...slices([10, 64], [2, 1], 4, 1e6, 128)].map(({ count }) => count);

  expect(counts).toEqual([
    [4, 64],
    [4, 64],
    [2, 64],
  ]);
});

test("a run is as long as the slice's rows allow, so that tall chunks make few writes", () => {
  const [slice] = [...slices([1000, 64], [100, 8], 4, 100 * 64 * 4, 1000)];

  expect(slice).toEqual({ start: [0, 0], count: [100, 64] });
  expect([...runs([1000, 64], slice!, 4)]).toEqual([{ position: 0, from: 0, length: 25_600 }]);
});
