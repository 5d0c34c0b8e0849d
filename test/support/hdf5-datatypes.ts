import { ByteWriter, roundUp8 } from "#shared/bytes/byte-writer.ts";
import { Cursor } from "#shared/hdf5/cursor.ts";
import { readDatatype } from "#shared/hdf5/datatype.ts";
import type { Datatype } from "#shared/hdf5/model.ts";

/** A datatype message (HDF5 format specification, IV.A.2.d). */
function message(
  [classNumber, version]: readonly [classNumber: number, version: number],
  flags: number,
  size: number,
  ...properties: readonly Uint8Array[]
): Uint8Array {
  const head = new ByteWriter(new Uint8Array(8));
  head.u32(classNumber | (version << 4) | (flags << 8));
  head.u32(size);
  return Buffer.concat([head.bytes, ...properties]);
}

function fields(width: 2 | 4, ...values: readonly number[]): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(width * values.length));
  for (const value of values) {
    if (width === 2) writer.u16(value);
    else writer.u32(value);
  }
  return writer.bytes;
}

export interface IntegerBits {
  readonly bigEndian?: boolean;
  readonly signed?: boolean;
  readonly bitOffset?: number;
  readonly precision?: number;
}

export function integer(
  size: number,
  { bigEndian = false, signed = true, bitOffset = 0, precision = size * 8 }: IntegerBits = {},
): Uint8Array {
  const flags = Number(bigEndian) | (signed ? 8 : 0);
  return message([0, 1], flags, size, fields(2, bitOffset, precision));
}

export interface FloatBits {
  readonly size: number;
  readonly exponentAt: number;
  readonly exponentBits: number;
  readonly mantissaBits: number;
  readonly bias: number;
  readonly bigEndian?: boolean;
  readonly vax?: boolean;
  readonly sign?: number;
  /** 2: the leading one of the mantissa is implied. */
  readonly normalization?: number;
}

export const half = { size: 2, exponentAt: 10, exponentBits: 5, mantissaBits: 10, bias: 15 };
export const single = { size: 4, exponentAt: 23, exponentBits: 8, mantissaBits: 23, bias: 127 };
export const double = { size: 8, exponentAt: 52, exponentBits: 11, mantissaBits: 52, bias: 1023 };
export const brain = { size: 2, exponentAt: 7, exponentBits: 8, mantissaBits: 7, bias: 127 };

export function float({
  size,
  exponentAt,
  exponentBits,
  mantissaBits,
  bias,
  bigEndian = false,
  vax = false,
  sign = size * 8 - 1,
  normalization = 2,
}: FloatBits): Uint8Array {
  const flags = Number(bigEndian) | (vax ? 0x41 : 0) | (normalization << 4) | (sign << 8);
  const layout = Uint8Array.of(exponentAt, exponentBits, 0, mantissaBits);
  return message([1, 1], flags, size, fields(2, 0, size * 8), layout, fields(4, bias));
}

/** @param padding 0 NUL-terminated, 1 NUL-padded as numpy writes, 2 space-padded */
export function fixedString(size: number, padding = 1, utf8 = false): Uint8Array {
  return message([3, 1], padding | (utf8 ? 0x10 : 0), size);
}

export function vlenString(utf8 = true): Uint8Array {
  return message([9, 1], 1 | (utf8 ? 0x100 : 0), 16, fixedString(1, 0));
}

export function vlenSequence(base: Uint8Array): Uint8Array {
  return message([9, 1], 0, 16, base);
}

export function bitfield(size: number): Uint8Array {
  return message([4, 1], 0, size, fields(2, 0, size * 8));
}

export function opaque(size: number, tag = ""): Uint8Array {
  const padded = Buffer.alloc(roundUp8(tag.length));
  padded.write(tag);
  return message([5, 1], padded.length, size, padded);
}

export function enumeration(
  base: Uint8Array,
  members: Readonly<Record<string, number>>,
  version: 1 | 3 = 1,
): Uint8Array {
  const names = Object.keys(members).map((name) => memberName(name, version));
  const size = base[4]!;
  const values = Object.values(members).map((value) => {
    const bytes = Buffer.alloc(size);
    bytes.writeIntLE(value, 0, size);
    return bytes;
  });
  return message([8, version], names.length, size, base, ...names, ...values);
}

export function compound(
  size: number,
  members: readonly { name: string; offset: number; type: Uint8Array }[],
  version: 1 | 2 | 3 = 1,
): Uint8Array {
  const offsetBytes = Math.floor(Math.log2(size) / 8) + 1;
  const parts = members.flatMap(({ name, offset, type }) => [
    memberName(name, version),
    version === 3 ? fields(4, offset).subarray(0, offsetBytes) : fields(4, offset),
    version === 1 ? new Uint8Array(28) : new Uint8Array(),
    type,
  ]);
  return message([6, version], members.length, size, ...parts);
}

/** Names are padded to eight bytes before version 3. */
function memberName(name: string, version: number): Uint8Array {
  const length = Buffer.byteLength(name) + 1;
  const bytes = Buffer.alloc(version < 3 ? roundUp8(length) : length);
  bytes.write(name);
  return bytes;
}

export function array(
  base: Uint8Array,
  dimensions: readonly number[],
  version: 2 | 3 = 2,
): Uint8Array {
  const size = dimensions.reduce((product, dimension) => product * dimension, base[4]!);
  const rank = version === 2 ? [dimensions.length, 0, 0, 0] : [dimensions.length];
  const permutation = version === 2 ? dimensions.map((_, index) => index) : [];
  const shape = [fields(4, ...dimensions), fields(4, ...permutation)];
  return message([10, version], 0, size, Uint8Array.from(rank), ...shape, base);
}

export const boolean = enumeration(integer(1), { FALSE: 0, TRUE: 1 });

export function complex(part: FloatBits, version: 1 | 3 = 1): Uint8Array {
  const type = float(part);
  return compound(
    2 * part.size,
    [
      { name: "r", offset: 0, type },
      { name: "i", offset: part.size, type },
    ],
    version,
  );
}

export function datatype(encoded: Uint8Array): Datatype {
  return readDatatype(new Cursor(encoded, 0, "datatype"));
}
