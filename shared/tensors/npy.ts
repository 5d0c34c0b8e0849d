import { layout, type Layout } from "../bytes/layout.ts";
import type { ByteRange } from "../bytes/source.ts";

/** numpy's type codes, little-endian (numpy/lib/format.py writes them as `descr`). */
const codes: Readonly<Record<string, string>> = {
  bool: "|b1",
  int8: "|i1",
  uint8: "|u1",
  float16: "<f2",
  float32: "<f4",
  float64: "<f8",
  complex64: "<c8",
  complex128: "<c16",
  // numpy has no bfloat16; ml_dtypes writes and reads it so.
  bfloat16: "<V2",
};

/** numpy's code for a dtype, or undefined where an array of it would need a pickle. */
export function npyType(dtype: string): string | undefined {
  const integer = /^(u?int)(16|32|64)$/.exec(dtype);
  if (integer !== null) return `<${integer[1] === "int" ? "i" : "u"}${Number(integer[2]) / 8}`;
  if (/^[SV]\d+$/.test(dtype)) return `|${dtype}`;
  return codes[dtype];
}

/**
 * A `.npy` file, version 1.0 (numpy.org/doc/stable/reference/generated/numpy.lib.format.html): the
 * header is padded so that the values start at a multiple of 64.
 *
 * @param type of `npyType`
 */
export function layOutNpy(type: string, shape: readonly number[], values: ByteRange): Layout {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dictionary = `{'descr': '${type}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const start = 10;
  const length = Math.ceil((start + dictionary.length + 1) / 64) * 64 - start;
  const header = Buffer.alloc(start + length, " ");
  header.write("\x93NUMPY\x01\x00", "latin1");
  header.writeUInt16LE(length, 8);
  header.write(dictionary, start, "latin1");
  header.write("\n", start + length - 1);
  return layout([header, values]);
}
