import fc from "fast-check";
import { memoryRange } from "#shared/bytes/memory-source.ts";
import type {
  Datatype,
  Hdf5Attribute,
  Hdf5Dataset,
  Hdf5Group,
  Hdf5Node,
  Shape,
} from "#shared/hdf5/model.ts";
import { allNodes } from "#shared/hdf5/tree.ts";
import {
  array,
  bitfield,
  boolean,
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
  vlenString,
} from "./hdf5-datatypes.ts";
import { rangeBytes } from "./hdf5-judge.ts";

export function group(
  children: Readonly<Record<string, Hdf5Node>> | Iterable<readonly [string, Hdf5Node]> = [],
  attributes: readonly Hdf5Attribute[] = [],
): Hdf5Group {
  const entries = Symbol.iterator in children ? children : Object.entries(children);
  return { kind: "group", attributes, children: new Map(entries) };
}

export const float32 = datatype(float(single));
export const float64 = datatype(float(double));
export const text = datatype(vlenString());

/** A dataset in memory; values that are not given count up from 1. */
export function dataset(
  shape: Shape,
  {
    type = float32,
    bytes = counting(elements(shape) * type.size),
    attributes = [],
  }: { type?: Datatype; bytes?: Uint8Array; attributes?: readonly Hdf5Attribute[] } = {},
): Hdf5Dataset {
  return {
    kind: "dataset",
    attributes,
    datatype: type,
    shape,
    data: memoryRange("memory", bytes),
  };
}

export function strings(shape: Shape, data: readonly Uint8Array[]): Hdf5Dataset {
  return { kind: "dataset", attributes: [], datatype: text, shape, data };
}

export function bytesAttribute(name: string, length: number): Hdf5Attribute {
  return { name, datatype: datatype(integer(1)), shape: [length], data: counting(length) };
}

function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index + 1);
}

function elements(shape: Shape): number {
  return shape === null ? 0 : shape.reduce((product, dimension) => product * dimension, 1);
}

/** Everything a tree says, in a form that tests can compare. */
export async function contents(root: Hdf5Group): Promise<unknown[]> {
  const objects: unknown[] = [];
  for (const { path, node } of allNodes(root)) {
    const attributes = node.attributes.map(({ data, ...rest }) => ({ ...rest, data: plain(data) }));
    if (node.kind === "group") objects.push({ path, attributes });
    else {
      const { datatype: type, shape, data } = node;
      const values = "source" in data ? await rangeBytes(data) : data;
      objects.push({ path, attributes, type, shape, values: plain(values) });
    }
  }
  return objects.map((object) => JSON.stringify(object, (_, value: unknown) => plain(value)));
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1");
  return Array.isArray(value) ? value.map(plain) : value;
}

/** Types whose values stand in the dataset, as libhdf5 knows them. */
const fixedTypes = [
  float(half),
  float(single),
  float(double),
  float({ ...single, bigEndian: true }),
  ...[1, 2, 4, 8].flatMap((size) => [integer(size), integer(size, { signed: false })]),
  integer(2, { bigEndian: true }),
  fixedString(1),
  fixedString(12),
  fixedString(5, 0, true),
  bitfield(2),
  opaque(2),
  opaque(3, "bfloat16"),
  boolean,
  enumeration(integer(2), { red: 1, green: 300 }, 3),
  complex(single),
  complex(double, 3),
  compound(9, [
    { name: "a", offset: 0, type: integer(1) },
    { name: "a longer name", offset: 1, type: float(double) },
  ]),
  array(float(single), [2, 3]),
].map(datatype);
const vlenTypes = [vlenString(true), vlenString(false)].map(datatype);

const shapes: fc.Arbitrary<Shape> = fc.oneof(
  fc.constant([]),
  fc.constant(null),
  fc.array(fc.nat(4), { minLength: 1, maxLength: 4 }),
);

/** Values of variable length without the NUL that ends them for libhdf5. */
const string = fc.uint8Array({ maxLength: 40 }).map((bytes) => bytes.filter((byte) => byte !== 0));

const typedValues = fc
  .tuple(fc.constantFrom(...fixedTypes, ...vlenTypes), shapes)
  .chain(([type, shape]): fc.Arbitrary<Pick<Hdf5Attribute, "datatype" | "shape" | "data">> => {
    const count = elements(shape);
    const exactly = (length: number): fc.ArrayConstraints => ({
      minLength: length,
      maxLength: length,
    });
    const data: fc.Arbitrary<Uint8Array | Uint8Array[]> =
      type.class === "vlen-string"
        ? fc.array(string, exactly(count))
        : fc.uint8Array(exactly(count * type.size));
    return data.map((values) => ({ datatype: type, shape, data: values }));
  });

/**
 * Names that HDF5 allows; JavaScript and paths have surprises with some of them. h5wasm loses a
 * byte order mark at a name's start, so none has one.
 */
export const names = fc.oneof(
  fc
    .string({ unit: "binary", minLength: 1, maxLength: 12 })
    .filter((name) => !/[\0/\ufeff]/.test(name) && name !== "." && name !== ".."),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "toString",
    "length",
    "10",
    "2",
    "0",
    "-1",
    "...",
    " ",
    "kernel:0",
    "a\nb",
    "кл\u0438ent",
    "\u202eevil",
    "😀",
    "ﬀ",
    "e\u0301",
    "é",
  ),
);

const attributes = fc.uniqueArray(
  fc.tuple(names, typedValues).map(([name, values]): Hdf5Attribute => ({ name, ...values })),
  { selector: ({ name }) => name, maxLength: 5 },
);

const datasets = fc.tuple(attributes, typedValues).map(([own, { data, ...rest }]): Hdf5Dataset => ({
  kind: "dataset",
  attributes: own,
  ...rest,
  data: data instanceof Uint8Array ? memoryRange("memory", data) : data,
}));

/** Groups in groups, small enough that many can be tried. */
export const trees = fc.letrec<{ node: Hdf5Node; group: Hdf5Group }>((tie) => ({
  node: fc.oneof({ depthSize: "small", withCrossShrink: true }, datasets, tie("group")),
  group: fc
    .tuple(
      attributes,
      fc.uniqueArray(fc.tuple(names, tie("node")), {
        selector: ([name]) => name,
        maxLength: 20,
      }),
    )
    .map(([own, children]) => group(children, own)),
})).group;
