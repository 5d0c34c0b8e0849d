import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { combineCrc32, crc32 } from "#shared/bytes/crc32.ts";

const checksum = fc.integer({ min: 0, max: 0xffff_ffff });
const longRun = fc.integer({ min: 0, max: 2 ** 51 });

test("a checksum continued over two runs is the checksum of both", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (first, second) => {
      const combined = crc32(second, crc32(first));

      expect(combined).toBe(zlibCrc32(Buffer.concat([first, second])));
    }),
  );
});

test("two checksums combine to that of the bytes after each other", () => {
  const bytes = fc.uint8Array({ maxLength: 5000 });
  fc.assert(
    fc.property(bytes, bytes, (first, second) => {
      const combined = combineCrc32(zlibCrc32(first), zlibCrc32(second), second.length);

      expect(combined).toBe(zlibCrc32(Buffer.concat([first, second])));
    }),
  );
});

test("any number of runs combine to the checksum of all of them", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), (runs) => {
      const combined = runs.reduce(
        (crc, run) => combineCrc32(crc, zlibCrc32(run), run.length),
        zlibCrc32(new Uint8Array()),
      );

      expect(combined).toBe(zlibCrc32(Buffer.concat(runs)));
    }),
  );
});

test("lengths past 32 bits shift by all of their bits", () => {
  fc.assert(
    fc.property(checksum, checksum, checksum, longRun, longRun, (a, b, c, second, third) => {
      const leftFirst = combineCrc32(combineCrc32(a, b, second), c, third);
      const rightFirst = combineCrc32(a, combineCrc32(b, c, third), second + third);

      expect(leftFirst).toBe(rightFirst);
    }),
  );
});

test("4 GiB are combined as zlib checksums them when it reads them", () => {
  const byZlib = 0xd202_ef8d; // of 2^32 zeros
  let crc = zlibCrc32(new Uint8Array(1024));
  for (let length = 1024; length < 2 ** 32; length *= 2) crc = combineCrc32(crc, crc, length);

  expect(crc).toBe(byZlib);
});
