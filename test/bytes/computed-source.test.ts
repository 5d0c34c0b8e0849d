import fc from "fast-check";
import { expect, test } from "vitest";
import { computedRange } from "#shared/bytes/computed-source.ts";

const count = 50_000;
const range = computedRange("numbers", count, 4, (view, at, index) =>
  view.setUint32(at, index * 7, true),
);
const whole = new Uint8Array(Uint32Array.from({ length: count }, (_, index) => index * 7).buffer);

test("a read of any bytes gives the same as all of it does", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(4 * count), fc.nat(4 * count), async (one, other) => {
      const [from, to] = one < other ? [one, other] : [other, one];

      const bytes = await range.source.read(from, to - from);

      expect(Buffer.compare(bytes, whole.subarray(from, to))).toBe(0);
    }),
    { numRuns: 50 },
  );
});

test("a buffer given is filled, and no more of it", async () => {
  const into = new Uint8Array(12).fill(9);

  const bytes = await range.source.read(6, 8, into);

  expect(bytes.buffer).toBe(into.buffer);
  expect([...into]).toEqual([...whole.subarray(6, 14), 9, 9, 9, 9]);
});
