import fc from "fast-check";
import { expect, test } from "vitest";
import { gatherReads } from "#shared/stores/s3/gather-reads.ts";

const object = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) & 255));

function gathered(): {
  read: ReturnType<typeof gatherReads>;
  fetched: { offset: number; length: number }[];
} {
  const fetched: { offset: number; length: number }[] = [];
  const read = gatherReads(async (offset, into) => {
    fetched.push({ offset, length: into.length });
    into.set(object.subarray(offset, offset + into.length));
  });
  return { read, fetched };
}

test("no read gets bytes that another has asked for", async () => {
  const wanted = fc.record({ offset: fc.nat(290_000), length: fc.integer({ min: 1, max: 9000 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(wanted, { minLength: 1, maxLength: 30 }), async (reads) => {
      const { read, fetched } = gathered();
      const found = await Promise.all(
        reads.map(({ offset, length }) => read(offset, Buffer.alloc(length))),
      );

      for (const [index, { offset, length }] of reads.entries()) {
        expect(Buffer.compare(found[index]!, object.subarray(offset, offset + length))).toBe(0);
      }
      expect(fetched.length).toBeLessThanOrEqual(reads.length);
    }),
  );
});

test("neighbours are not read with a request each, and those far apart not with one", async () => {
  const { read, fetched } = gathered();
  const at = [0, 5000, 9000, 200_000].map((offset) => read(offset, Buffer.alloc(100)));
  await Promise.all(at);

  expect(fetched).toEqual([
    { offset: 0, length: 9100 },
    { offset: 200_000, length: 100 },
  ]);
});

test("a failure is kept from those it concerns, or told to others", async () => {
  const read = gatherReads(async (offset) => {
    if (offset === 0) throw new Error("reset");
  });
  const ended = await Promise.allSettled([
    read(0, Buffer.alloc(10)),
    read(50, Buffer.alloc(10)),
    read(200_000, Buffer.alloc(10)),
  ]);

  expect(ended.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
});
