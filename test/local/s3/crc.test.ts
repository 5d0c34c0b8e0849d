import fc from "fast-check";
import { expect, test } from "vitest";
import { crcs } from "../../../local/s3/crc.ts";

const algorithms = Object.values(crcs);

test("the check values of the catalogue of CRCs come out", () => {
  const digits = Buffer.from("123456789");

  expect(crcs.CRC32.update(digits, 0n)).toBe(0xcbf43926n);
  expect(crcs.CRC32C.update(digits, 0n)).toBe(0xe3069283n);
  expect(crcs.CRC64NVME.update(digits, 0n)).toBe(0xae8b14860a799888n);
});

test("a CRC that is combined is that of the whole, and so is one that is continued", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (first, second) => {
      for (const crc of algorithms) {
        const whole = crc.update(Buffer.concat([first, second]), 0n);
        const ofFirst = crc.update(first, 0n);
        expect(crc.update(second, ofFirst)).toBe(whole);
        expect(crc.combine(ofFirst, crc.update(second, 0n), second.length)).toBe(whole);
      }
    }),
  );
});

test("the CRC of zeros is that of as many zero bytes", () => {
  for (const crc of algorithms) {
    for (const length of [0, 1, 255, 4096, 100_001]) {
      expect(crc.ofZeros(length)).toBe(crc.update(Buffer.alloc(length), 0n));
    }
  }
});
