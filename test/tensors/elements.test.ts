import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elementsOf } from "#shared/tensors/elements.ts";

function roundTrip(dtype: string, value: number): number {
  const elements = elementsOf(dtype)!;
  const view = new DataView(new ArrayBuffer(elements.size));
  elements.write(view, 0, value);
  return elements.read(view, 0);
}

function bits(dtype: string, value: number): number {
  const view = new DataView(new ArrayBuffer(8));
  elementsOf(dtype)!.write(view, 0, value);
  return view.getUint16(0, true);
}

test.each([
  ["float64", Math.PI],
  ["float32", 0.1 + 2 ** -30],
  ["int64", -(2 ** 53) + 1],
  ["uint64", 2 ** 53 - 1],
  ["int32", -(2 ** 31)],
  ["uint32", 2 ** 32 - 1],
  ["int16", -32768],
  ["uint16", 65535],
  ["int8", -128],
  ["uint8", 255],
  ["bool", 1],
])("%s holds %d", (dtype, value) => {
  const expected = dtype === "float32" ? Math.fround(value) : value;

  expect(roundTrip(dtype, value)).toBe(expected);
});

// Bits as numpy 2 gives them: np.array(x, "float16").view("uint16").
test.each([
  [1, 0x3c00],
  [-2, 0xc000],
  [0.1, 0x2e66],
  [65504, 0x7bff],
  [65519, 0x7bff],
  [65520, 0x7c00],
  [-Infinity, 0xfc00],
  [2 ** -24, 0x0001],
  [2 ** -25, 0x0000],
  [6.0e-5, 0x03ef],
  [2 ** -14, 0x0400],
  [1 + 2 ** -11, 0x3c00],
  [1 + 3 * 2 ** -11, 0x3c02],
  [-0, 0x8000],
])("float16 of %d is rounded as numpy rounds", (value, expected) => {
  expect(bits("float16", value).toString(16)).toBe(expected.toString(16));
});

// As ml_dtypes gives them.
test.each([
  [1, 0x3f80],
  [-1.5, 0xbfc0],
  [0.1, 0x3dcd],
  [1 + 2 ** -8, 0x3f80],
  [1 + 3 * 2 ** -8, 0x3f82],
])("bfloat16 of %d is rounded to even", (value, expected) => {
  expect(bits("bfloat16", value).toString(16)).toBe(expected.toString(16));
});

describe.each(["float16", "bfloat16"])("every %s", (dtype) => {
  test("comes back as it was", () => {
    const elements = elementsOf(dtype)!;
    const view = new DataView(new ArrayBuffer(2));
    for (let pattern = 0; pattern < 0x10000; pattern += 1) {
      view.setUint16(0, pattern, true);
      const value = elements.read(view, 0);
      if (Number.isNaN(value)) continue;
      elements.write(view, 0, value);
      if (view.getUint16(0, true) !== pattern) throw new Error(`0x${pattern.toString(16)}`);
    }
  });

  test("is the nearest to what was written", () => {
    fc.assert(
      fc.property(fc.double({ min: -60000, max: 60000, noNaN: true }), (value) => {
        const step = Math.max(Math.abs(value) / (dtype === "float16" ? 2048 : 256), 2 ** -25);
        expect(Math.abs(roundTrip(dtype, value) - value)).toBeLessThanOrEqual(step);
      }),
    );
  });
});

test("what is not one number has no elements", () => {
  expect(["string", "S12", "complex64", "V2"].map(elementsOf)).toEqual(Array(4).fill(undefined));
});
