import type { Datatype } from "./model.ts";

/** Precision and bias of IEEE 754's formats, by size in bytes: exponent bits, mantissa bits, bias. */
const floats: Readonly<
  Record<number, readonly [exponent: number, mantissa: number, bias: number]>
> = { 2: [5, 10, 15], 4: [8, 23, 127], 8: [11, 52, 1023] };

/**
 * A little-endian number type as h5py writes it (format specification, IV.A.2.d), by numpy's name:
 * `float32`, `int64`, `uint8`.
 *
 * @returns undefined where the name is of no such type
 */
export function numberType(name: string): Datatype | undefined {
  const found = /^(float|int|uint)(8|16|32|64)$/.exec(name);
  if (found === null) return undefined;
  const bits = Number(found[2]);
  const size = bits / 8;
  if (found[1] !== "float") {
    const encoded = Buffer.alloc(12);
    encoded.set([0x10, found[1] === "int" ? 0x08 : 0]);
    encoded.writeUInt32LE(size, 4);
    encoded.writeUInt16LE(bits, 10);
    return { class: "integer", size, name, encoded };
  }
  const format = floats[size];
  if (format === undefined) return undefined;
  const [exponent, mantissa, bias] = format;
  const encoded = Buffer.alloc(20);
  // Little-endian, the mantissa's first bit implied; the sign is the last bit.
  encoded.set([0x11, 0x20, bits - 1]);
  encoded.writeUInt32LE(size, 4);
  encoded.writeUInt16LE(bits, 10);
  encoded.set([mantissa, exponent, 0, mantissa], 12);
  encoded.writeUInt32LE(bias, 16);
  return { class: "float", size, name, encoded };
}
