import { expect, test } from "vitest";
import { chunkSize } from "#shared/bytes/chunk-buffers.ts";
import { rangesEqual } from "#shared/bytes/compare.ts";
import { memoryRange } from "#shared/bytes/memory-source.ts";
import { patternedBytes } from "../support/sources.ts";

const bytes = patternedBytes(2 * chunkSize + 1);

function changedAt(at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 1;
  return copy;
}

test.each([0, 1, chunkSize - 1, chunkSize, chunkSize + 1, 2 * chunkSize + 1])(
  "equal ranges of %i bytes count as equal wherever they stand",
  async (length) => {
    const shifted = memoryRange("b", Buffer.concat([Buffer.alloc(3), bytes]));

    const equal = await rangesEqual(
      { ...memoryRange("a", bytes), length },
      { ...shifted, offset: 3, length },
    );

    expect(equal).toBe(true);
  },
);

test.each([0, chunkSize - 1, chunkSize, 2 * chunkSize - 1, 2 * chunkSize])(
  "one changed bit at byte %i is noticed",
  async (at) => {
    const equal = await rangesEqual(memoryRange("a", bytes), memoryRange("b", changedAt(at)));

    expect(equal).toBe(false);
  },
);

test("a range that another begins with is not equal to it", async () => {
  const [whole, begin] = [memoryRange("a", bytes), memoryRange("b", bytes.subarray(0, chunkSize))];

  expect(await rangesEqual(whole, begin)).toBe(false);
  expect(await rangesEqual(begin, whole)).toBe(false);
});

test("progress adds up to the size of the ranges", async () => {
  let done = 0;

  await rangesEqual(memoryRange("a", bytes), memoryRange("b", bytes), (count) => {
    done += count;
  });

  expect(done).toBe(bytes.length);
});
