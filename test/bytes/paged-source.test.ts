import fc from "fast-check";
import { expect, test } from "vitest";
import { memorySource } from "#shared/bytes/memory-source.ts";
import { pagedSource } from "#shared/bytes/paged-source.ts";
import { brokenSource, observedSource, patternedBytes } from "../support/sources.ts";

const pageSize = 4096;
const cachedPages = 2048;
const bytes = patternedBytes(3 * cachedPages * pageSize + 17);

/** Offset and length, both within `size`; offsets near page boundaries are common. */
function readsWithin(size: number, longest: number): fc.Arbitrary<[number, number][]> {
  const near = fc
    .tuple(fc.nat(Math.floor(size / pageSize)), fc.integer({ min: -2, max: 2 }))
    .map(([page, by]) => Math.min(size, Math.max(0, page * pageSize + by)));
  const offset = fc.oneof(near, fc.nat(size));
  const read = offset.chain((from) =>
    fc.tuple(fc.constant(from), fc.nat(Math.min(longest, size - from))),
  );
  return fc.array(read, { minLength: 1, maxLength: 30 });
}

test("any reads, one after the other, give what the source gives", async () => {
  const cases = fc
    .nat(5 * pageSize)
    .chain((size) => fc.tuple(fc.constant(size), readsWithin(size, size)));
  await fc.assert(
    fc.asyncProperty(cases, async ([size, reads]) => {
      const paged = pagedSource(memorySource("m", bytes.subarray(0, size)));
      for (const [offset, length] of reads) {
        const read = await paged.read(offset, length);

        expect(Buffer.compare(read, bytes.subarray(offset, offset + length))).toBe(0);
      }
    }),
  );
});

test("reads at the same time do not get each other's bytes", async () => {
  await fc.assert(
    fc.asyncProperty(readsWithin(8 * pageSize, 3 * pageSize), async (reads) => {
      const paged = pagedSource(memorySource("m", bytes.subarray(0, 8 * pageSize)));

      const read = await Promise.all(reads.map(([offset, length]) => paged.read(offset, length)));

      for (const [index, [offset, length]] of reads.entries()) {
        const expected = bytes.subarray(offset, offset + length);
        expect(Buffer.compare(read[index]!, expected)).toBe(0);
      }
    }),
  );
});

test("a source larger than the cache is read right while pages come and go", async () => {
  await fc.assert(
    fc.asyncProperty(readsWithin(bytes.length, 600 * pageSize), async (reads) => {
      const paged = pagedSource(memorySource("m", bytes));
      const read = await Promise.all(reads.map(([offset, length]) => paged.read(offset, length)));

      for (const [index, [offset, length]] of reads.entries()) {
        const expected = bytes.subarray(offset, offset + length);
        expect(Buffer.compare(read[index]!, expected)).toBe(0);
      }
    }),
    { numRuns: 30 },
  );
});

test("a read whose own new pages push out its oldest page still gets that page", async () => {
  const paged = pagedSource(memorySource("m", bytes));
  await paged.read(0, 1);
  for (let page = 2; page <= cachedPages; page += 1) await paged.read(page * pageSize, 1);

  const read = await paged.read(0, 2 * pageSize);

  expect(Buffer.compare(read, bytes.subarray(0, 2 * pageSize))).toBe(0);
});

test("structures beside each other cost one read", async () => {
  const source = observedSource(memorySource("m", bytes.subarray(0, 10 * pageSize)));
  const paged = pagedSource(source);

  for (let offset = 100; offset < 4000; offset += 100) await paged.read(offset, 50);

  expect(source.reads).toEqual([{ offset: 0, length: pageSize }]);
});

test("missing pages beside each other are fetched in one read, known ones not again", async () => {
  const source = observedSource(memorySource("m", bytes.subarray(0, 10 * pageSize)));
  const paged = pagedSource(source);
  await paged.read(3 * pageSize, 1);

  await paged.read(pageSize, 5 * pageSize);

  expect(source.reads).toEqual([
    { offset: 3 * pageSize, length: pageSize },
    { offset: pageSize, length: 2 * pageSize },
    { offset: 4 * pageSize, length: 2 * pageSize },
  ]);
});

test("a tensor read through the cache does not push the metadata out of it", async () => {
  const source = observedSource(memorySource("m", bytes));
  const paged = pagedSource(source);
  await paged.read(0, 10);

  const tensor = await paged.read(pageSize, 2 * cachedPages * pageSize);
  await paged.read(20, 10);

  expect(tensor).toHaveLength(2 * cachedPages * pageSize);
  expect(source.reads).toHaveLength(2);
});

test("a failing medium is reported by the read that needs it, and by no other", async () => {
  const paged = pagedSource(brokenSource(4 * pageSize, 2 * pageSize));

  const good = paged.read(0, 2 * pageSize);
  const bad = paged.read(3 * pageSize, 10);

  await expect(bad).rejects.toThrow("the disk is broken");
  await expect(good).resolves.toHaveLength(2 * pageSize);
});
