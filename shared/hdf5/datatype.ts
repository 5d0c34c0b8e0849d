import { Cursor } from "./cursor.ts";
import type { Datatype, DatatypeClass } from "./model.ts";

/** Compound, enum and array types contain others; real ones nest twice at most. */
const deepest = 8;

/** In bytes; libhdf5 refuses a datatype that is mostly padding. */
const widestNumber = 64;

/**
 * Reads a datatype message (format specification, IV.A.2.d) and leaves the cursor behind it.
 *
 * @throws CleaveError `UNSUPPORTED` for times, references, sequences of variable length and
 *   complex numbers, whose values are not where the dataset is or which Keras never writes
 */
export function readDatatype(cursor: Cursor, depth = 0): Datatype {
  const start = cursor.at;
  if (depth > deepest) cursor.fail("datatypes are nested too deep");
  const classAndVersion = cursor.u8();
  const version = classAndVersion >>> 4;
  if (version < 1) cursor.fail(`datatype version ${version} is not known`, -1);
  if (version > 5) cursor.refuse(`datatypes of version ${version}`);
  const flags = cursor.u8() | (cursor.u8() << 8) | (cursor.u8() << 16);
  const size = cursor.u32();
  const read = readers[classAndVersion & 15];
  if (read === undefined) return cursor.refuse(`datatypes of class ${classAndVersion & 15}`);
  const isNumber = [0, 1, 4].includes(classAndVersion & 15);
  if (isNumber && size > widestNumber) cursor.fail(`a number of ${size} bytes`);
  const { datatypeClass, name } = read({ cursor, version, flags, size, depth });
  if (size === 0) cursor.fail("a datatype of no bytes");
  return { class: datatypeClass, size, name, encoded: cursor.bytes.slice(start, cursor.at) };
}

/**
 * The datatype of the same numbers in little-endian order.
 *
 * @returns undefined where they are in that order already, or no plain numbers
 */
export function littleEndian({ class: kind, name, encoded }: Datatype): Datatype | undefined {
  if (!name.startsWith(">") || (kind !== "integer" && kind !== "float")) return undefined;
  const swapped = encoded.slice();
  swapped[1]! &= ~1; // bit 0 of the class bit field: byte order
  return readDatatype(new Cursor(swapped, 0, name));
}

interface Header {
  readonly cursor: Cursor;
  readonly version: number;
  readonly flags: number;
  readonly size: number;
  readonly depth: number;
}
interface Named {
  readonly datatypeClass: DatatypeClass;
  readonly name: string;
}

const readers: Partial<Record<number, (header: Header) => Named>> = {
  0: readInteger,
  1: readFloat,
  3: ({ size }) => ({ datatypeClass: "string", name: `S${size}` }),
  4: ({ cursor, size }) => {
    cursor.skip(4);
    return { datatypeClass: "bitfield", name: `bits${size * 8}` };
  },
  5: ({ cursor, flags, size }) => {
    cursor.skip(Math.ceil((flags & 0xff) / 8) * 8);
    return { datatypeClass: "opaque", name: `V${size}` };
  },
  6: readCompound,
  8: readEnum,
  9: readVariableLength,
  10: readArray,
};

/** numpy writes the other byte order in front of the short name: `>f4`. */
function numeric(kind: "int" | "uint" | "float", size: number, bigEndian: boolean): string {
  if (!bigEndian || size === 1) return `${kind}${size * 8}`;
  return `>${{ int: "i", uint: "u", float: "f" }[kind]}${size}`;
}

function readInteger({ cursor, flags, size }: Header): Named {
  const bitOffset = cursor.u16();
  const precision = cursor.u16();
  if (precision === 0 || bitOffset + precision > size * 8)
    cursor.fail("an integer wider than its bytes");
  const whole = bitOffset === 0 && precision === size * 8 && [1, 2, 4, 8].includes(size);
  const kind = flags & 8 ? "int" : "uint";
  const name = whole
    ? numeric(kind, size, (flags & 1) === 1)
    : `${kind}${precision} in ${size} bytes`;
  return { datatypeClass: "integer", name };
}

/** Bit layouts of IEEE 754 and bfloat16: sign, exponent position and width, mantissa width, bias. */
const floats = new Map([
  ["2: 15 10 5 10 15", "float"],
  ["4: 31 23 8 23 127", "float"],
  ["8: 63 52 11 52 1023", "float"],
  ["2: 15 7 8 7 127", "bfloat"],
]);

function readFloat({ cursor, flags, size }: Header): Named {
  const bitOffset = cursor.u16();
  const precision = cursor.u16();
  const [exponentAt, exponent, mantissaAt, mantissa] = [
    cursor.u8(),
    cursor.u8(),
    cursor.u8(),
    cursor.u8(),
  ];
  const bias = cursor.u32();
  const sign = (flags >>> 8) & 0xff;
  const vax = (flags & 0x40) !== 0;
  const impliedOne = ((flags >>> 4) & 3) === 2;
  const layout = floats.get(`${size}: ${sign} ${exponentAt} ${exponent} ${mantissa} ${bias}`);
  const known =
    layout !== undefined &&
    !vax &&
    impliedOne &&
    bitOffset === 0 &&
    mantissaAt === 0 &&
    precision === size * 8;
  if (!known) return { datatypeClass: "float", name: `nonstandard float in ${size} bytes` };
  const bigEndian = (flags & 1) === 1;
  const name =
    layout === "float" ? numeric("float", size, bigEndian) : bigEndian ? ">bfloat16" : "bfloat16";
  return { datatypeClass: "float", name };
}

function readCompound({ cursor, version, flags, size, depth }: Header): Named {
  const members: string[] = [];
  for (let count = flags & 0xffff; count > 0; count -= 1) {
    const nameStart = cursor.at;
    const name = Buffer.from(cursor.cString()).toString("latin1");
    if (version < 3) skipPadding(cursor, nameStart);
    const offset = version < 3 ? cursor.u32() : readMinimal(cursor, size);
    if (version === 1) cursor.skip(28);
    const type = readDatatype(cursor, depth + 1);
    refuseVariableLength(cursor, type);
    if (offset + type.size > size) cursor.fail("a compound member outside its compound");
    members.push(`${name}:${type.name}`);
  }
  const name = { "r:float32,i:float32": "complex64", "r:float64,i:float64": "complex128" }[
    `${members}`
  ];
  return { datatypeClass: "compound", name: name ?? `compound(${members.join(", ")})` };
}

function readEnum({ cursor, version, flags, depth }: Header): Named {
  const base = readDatatype(cursor, depth + 1);
  const names: string[] = [];
  for (let count = flags & 0xffff; count > 0; count -= 1) {
    const nameStart = cursor.at;
    names.push(Buffer.from(cursor.cString()).toString("latin1"));
    if (version < 3) skipPadding(cursor, nameStart);
  }
  const values = cursor.take(names.length * base.size);
  const isBool = base.name === "int8" && `${names}` === "FALSE,TRUE" && `${values}` === "0,1";
  return { datatypeClass: "enum", name: isBool ? "bool" : `enum(${base.name})` };
}

function readVariableLength({ cursor, flags, size, depth }: Header): Named {
  readDatatype(cursor, depth + 1);
  if ((flags & 15) !== 1) cursor.refuse("sequences of variable length (vlen)");
  if (size !== 16) cursor.fail(`a variable-length string of ${size} bytes`);
  return { datatypeClass: "vlen-string", name: "string" };
}

function readArray({ cursor, version, depth }: Header): Named {
  const rank = cursor.u8();
  if (version < 3) cursor.skip(3);
  const shape = Array.from({ length: rank }, () => cursor.u32());
  if (version < 3) cursor.skip(rank * 4);
  const base = readDatatype(cursor, depth + 1);
  refuseVariableLength(cursor, base);
  return { datatypeClass: "array", name: `${base.name}[${shape.join(", ")}]` };
}

/** A member offset takes as few bytes as the compound's size needs, since version 3. */
function readMinimal(cursor: Cursor, size: number): number {
  let value = 0;
  for (let factor = 1; factor <= size; factor *= 256) value += cursor.u8() * factor;
  return value;
}

function skipPadding(cursor: Cursor, start: number): void {
  cursor.skip((8 - ((cursor.at - start) % 8)) % 8);
}

function refuseVariableLength(cursor: Cursor, { class: datatypeClass }: Datatype): void {
  if (datatypeClass === "vlen-string") cursor.refuse("strings inside other datatypes");
}
