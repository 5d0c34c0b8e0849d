import { expect, test } from "vitest";
import { chunkSize } from "#shared/bytes/chunk-buffers.ts";
import { chunksOf } from "#shared/bytes/chunks.ts";
import { memorySource } from "#shared/bytes/memory-source.ts";
import { observedSource, patternedBytes } from "../support/sources.ts";

const bytes = patternedBytes(3 * chunkSize);

test.each([0, 1, chunkSize - 1, chunkSize, chunkSize + 1, 2 * chunkSize, 2 * chunkSize + 1])(
  "a range of %i bytes is read whole, in order, and not past its end",
  async (length) => {
    const range = { source: memorySource("m", bytes), offset: 7, length };
    const parts: Buffer[] = [];

    for await (const chunk of chunksOf(range)) parts.push(Buffer.from(chunk));

    expect(Buffer.concat(parts).equals(bytes.subarray(7, 7 + length))).toBe(true);
  },
);

test("a large range is never held as a whole", async () => {
  const source = observedSource(memorySource("m", bytes));

  for await (const chunk of chunksOf({ source, offset: 0, length: bytes.length })) {
    expect(chunk).toHaveLength(chunkSize);
  }

  expect(source.reads.map(({ length }) => length)).toEqual([chunkSize, chunkSize, chunkSize]);
});
