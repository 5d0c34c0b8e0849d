import { describe, expect, test } from "vitest";
import { Cursor } from "#shared/hdf5/cursor.ts";
import { readDatatype } from "#shared/hdf5/datatype.ts";
import {
  array,
  bitfield,
  boolean,
  brain,
  complex,
  compound,
  datatype,
  double,
  enumeration,
  fixedString,
  float,
  half,
  integer,
  opaque,
  single,
  vlenSequence,
  vlenString,
} from "../support/hdf5-datatypes.ts";

const inner = { name: "x", offset: 0, type: integer(1) };

describe("a tensor's type has the name Keras and numpy give it:", () => {
  test.each([
    ["float16", float(half)],
    ["float32", float(single)],
    ["float64", float(double)],
    ["bfloat16", float(brain)],
    [">f2", float({ ...half, bigEndian: true })],
    [">f4", float({ ...single, bigEndian: true })],
    [">f8", float({ ...double, bigEndian: true })],
    [">bfloat16", float({ ...brain, bigEndian: true })],
    ["int8", integer(1)],
    ["int16", integer(2)],
    ["int32", integer(4)],
    ["int64", integer(8)],
    ["uint8", integer(1, { signed: false })],
    ["uint16", integer(2, { signed: false })],
    ["uint32", integer(4, { signed: false })],
    ["uint64", integer(8, { signed: false })],
    ["int8", integer(1, { bigEndian: true })],
    [">i4", integer(4, { bigEndian: true })],
    [">u2", integer(2, { bigEndian: true, signed: false })],
    ["bool", boolean],
    ["bool", enumeration(integer(1), { FALSE: 0, TRUE: 1 }, 3)],
    ["V2", opaque(2)],
    ["V2", opaque(2, "bfloat16")],
    ["S12", fixedString(12)],
    ["string", vlenString(true)],
    ["string", vlenString(false)],
    ["complex64", complex(single)],
    ["complex64", complex(single, 3)],
    ["complex128", complex(double)],
    ["bits8", bitfield(1)],
    ["bits32", bitfield(4)],
  ])("%s", (name, encoded) => {
    expect(datatype(encoded).name).toBe(name);
  });
});

describe("what only looks like a tensor's type is not taken for one:", () => {
  test.each([
    ["an exponent elsewhere", float({ ...single, exponentAt: 20 }), /^nonstandard float in 4/],
    ["another bias", float({ ...single, bias: 128 }), /^nonstandard float in 4/],
    ["a sign elsewhere", float({ ...single, sign: 0 }), /^nonstandard float in 4/],
    ["VAX byte order", float({ ...single, vax: true }), /^nonstandard float in 4/],
    ["no implied one", float({ ...single, normalization: 0 }), /^nonstandard float in 4/],
    ["an extended float", float({ ...double, size: 16, sign: 79 }), /^nonstandard float in 16/],
    ["12 bits in two bytes", integer(2, { precision: 12 }), /^int12 in 2 bytes$/],
    ["bits not at the start", integer(4, { precision: 8, bitOffset: 8 }), /^int8 in 4 bytes$/],
    ["three bytes", integer(3, { signed: false }), /^uint24 in 3 bytes$/],
    ["another enum", enumeration(integer(1), { TRUE: 0, FALSE: 1 }), /^enum\(int8\)$/],
    ["a bool upside down", enumeration(integer(1), { FALSE: 1, TRUE: 0 }), /^enum\(int8\)$/],
    ["a wide bool", enumeration(integer(4), { FALSE: 0, TRUE: 1 }), /^enum\(int32\)$/],
    ["a record", compound(1, [inner]), /^compound\(x:int8\)$/],
    ["mixed parts", compound(1, [{ ...inner, name: "r" }]), /^compound\(r:int8\)$/],
    ["an array", array(float(single), [2, 3]), /^float32\[2, 3\]$/],
    ["an array of version 3", array(integer(2), [4], 3), /^int16\[4\]$/],
  ])("%s", (_, encoded, name) => {
    expect(datatype(encoded).name).toMatch(name);
  });
});

test.each([
  ["integer", integer(4)],
  ["float", float(single)],
  ["string", fixedString(4)],
  ["bitfield", bitfield(1)],
  ["opaque", opaque(2, "tag")],
  ["compound", complex(single)],
  ["compound", complex(single, 3)],
  ["compound", compound(300, [{ ...inner, offset: 299 }], 3)],
  ["compound", compound(8, [{ ...inner, offset: 7 }], 2)],
  ["enum", boolean],
  ["array", array(integer(4), [2])],
  ["vlen-string", vlenString()],
] as const)(
  "a type of class %s is kept byte for byte, and no byte after it is taken",
  (kind, encoded) => {
    const cursor = new Cursor(Buffer.concat([encoded, Buffer.from("after")]), 0, "datatype");

    const read = readDatatype(cursor);

    expect(read.class).toBe(kind);
    expect(Buffer.from(read.encoded)).toEqual(Buffer.from(encoded));
    expect(cursor.left).toBe("after".length);
  },
);

describe("types whose values are elsewhere, or that cannot be, are refused:", () => {
  const deep = (levels: number): Uint8Array =>
    levels === 0 ? integer(1) : compound(1, [{ ...inner, type: deep(levels - 1) }], 3);
  const patched = (encoded: Uint8Array, at: number, value: number): Uint8Array =>
    Buffer.from(encoded).fill(value, at, at + 1);

  test.each([
    [
      "a sequence of variable length",
      vlenSequence(float(single)),
      "UNSUPPORTED",
      /variable length/,
    ],
    [
      "a time",
      patched(integer(4), 0, 0x12),
      "UNSUPPORTED",
      /at byte 8: datatypes of class 2 are not supp/,
    ],
    ["a reference", patched(integer(8), 0, 0x17), "UNSUPPORTED", /of class 7 are not supported/],
    ["HDF5 2.0's complex", patched(integer(8), 0, 0x5b), "UNSUPPORTED", /of class 11 are not supp/],
    ["version 6", patched(integer(8), 0, 0x60), "UNSUPPORTED", /of version 6 are not supp/],
    ["version 0", patched(integer(4), 0, 0x00), "HDF5_INVALID", /version 0 is not known/],
    [
      "a number that is mostly padding",
      patched(integer(4), 6, 1),
      "HDF5_INVALID",
      /a number of 65540 bytes/,
    ],
    ["no bytes", patched(integer(4), 4, 0), "HDF5_INVALID", /integer wider than its bytes/],
    ["a string of no bytes", fixedString(0), "HDF5_INVALID", /a datatype of no bytes/],
    ["no bits", integer(4, { precision: 0 }), "HDF5_INVALID", /integer wider than its bytes/],
    ["too many bits", integer(4, { precision: 33 }), "HDF5_INVALID", /integer wider/],
    ["a member outside", compound(4, [{ ...inner, offset: 4 }]), "HDF5_INVALID", /outside its/],
    ["nine levels", deep(9), "HDF5_INVALID", /nested too deep/],
    [
      "strings in a record",
      compound(16, [{ ...inner, type: vlenString() }]),
      "UNSUPPORTED",
      /strings inside/,
    ],
    ["strings in an array", array(vlenString(), [1]), "UNSUPPORTED", /strings inside/],
    ["a vlen string of 8 bytes", patched(vlenString(), 4, 8), "HDF5_INVALID", /string of 8 bytes/],
    [
      "a name without end",
      compound(1, [inner]).subarray(0, 9),
      "HDF5_INVALID",
      /a name has no end/,
    ],
    ["half a message", integer(4).subarray(0, 10), "HDF5_INVALID", /ends before its fields do/],
  ])("%s", (_, encoded, code, message) => {
    expect(() => datatype(encoded)).toThrow(
      expect.objectContaining({
        name: "CleaveError",
        code,
        message: expect.stringMatching(message) as string,
      }),
    );
  });

  test("eight levels are still read", () => {
    expect(datatype(deep(8)).name).toMatch(/^compound\(x:compound/);
  });
});
