import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteWriter, roundUp8 } from "#shared/bytes/byte-writer.ts";

test("fields stand little-endian after each other, and what is skipped is zero", () => {
  const writer = new ByteWriter(new Uint8Array(32));

  writer.u8(0x01);
  writer.u16(0x0302);
  writer.skip(1);
  writer.u32(0xfffefdfc);
  writer.u64(0x0807060504030201n);
  writer.text("PK");
  writer.align8();
  writer.put(new Uint8Array([9, 9]));

  expect(Buffer.from(writer.bytes).toString("hex")).toBe(
    "01020300fcfdfeff0102030405060708504b0000000000000909000000000000",
  );
  expect(writer.at).toBe(26);
});

test("sizes past 32 bits are written exactly, as numbers and as bigints", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (size) => {
      const writer = new ByteWriter(new Uint8Array(16));

      writer.u64(size);
      writer.u64(BigInt(size));

      const read = Buffer.from(writer.bytes);
      expect(read.readBigUInt64LE(0)).toBe(BigInt(size));
      expect(read.readBigUInt64LE(8)).toBe(BigInt(size));
    }),
  );
});

test("a part of a larger buffer is written at its own start", () => {
  const whole = new Uint8Array(16);

  new ByteWriter(whole.subarray(8)).u32(0x04030201);

  expect([...whole.subarray(8, 12)]).toEqual([1, 2, 3, 4]);
});

test("a field past the buffer's end is an error, never lost", () => {
  const writer = new ByteWriter(new Uint8Array(3));

  expect(() => writer.u32(1)).toThrow(RangeError);
  expect(() => writer.put(new Uint8Array(4))).toThrow(RangeError);
});

test("sizes round up to the next multiple of eight, also past 32 bits", () => {
  fc.assert(
    fc.property(fc.nat(2 ** 45), (size) => {
      const rounded = roundUp8(size);

      expect(rounded % 8).toBe(0);
      expect(rounded - size).toBeGreaterThanOrEqual(0);
      expect(rounded - size).toBeLessThan(8);
    }),
  );
});
