import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { memorySource } from "#shared/bytes/memory-source.ts";
import type { ByteRange } from "#shared/bytes/source.ts";
import { differingParts } from "#shared/keras/differing-parts.ts";

const bytes = Buffer.from(Array.from({ length: 500 }, (_, index) => (index * 37) & 255));
const source = memorySource("model.keras", bytes);
const ranges = fc
  .record({ offset: fc.nat(499), length: fc.nat(120) })
  .map(({ offset, length }): ByteRange => {
    return { source, offset, length: Math.min(length, bytes.length - offset) };
  });

function crcOf({ offset, length }: ByteRange): number {
  return crc32(bytes.subarray(offset, offset + length));
}

test("a part is called another where ranges known of it overlap, touch or are empty", async () => {
  await fc.assert(
    fc.asyncProperty(ranges, fc.array(ranges, { maxLength: 12 }), async (part, known) => {
      const checksums = new Map(known.map((range) => [range, crcOf(range)]));
      const right = { name: "right", range: part, crc32: crcOf(part) };
      const wrong = { name: "wrong", range: part, crc32: crcOf(part) ^ 1 };

      expect(await differingParts([right, wrong], checksums)).toEqual(["wrong"]);
    }),
  );
});

test("what a store states of a whole source is computed again, or not compared", async () => {
  const unreadable = { ...source, crc32: 7, read: () => Promise.reject(new Error("read")) };
  const range = { source: unreadable, offset: 0, length: source.size };
  const stated = [7, 8].map((value) => ({ name: `${value}`, range, crc32: value }));

  expect(await differingParts(stated, new Map())).toEqual(["8"]);
});
