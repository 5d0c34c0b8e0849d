import h5wasm, { Module, type Metadata } from "h5wasm/node";
import type { ByteRange } from "#shared/bytes/source.ts";
import type { Hdf5Attribute, Hdf5Dataset, Hdf5Group } from "#shared/hdf5/model.ts";
import { allNodes } from "#shared/hdf5/tree.ts";

/** Everything of one object that two readers of a file must agree on. */
export interface SeenObject {
  readonly path: string;
  /** Null of a group. */
  readonly values: SeenValues | null;
  /** In order of their names. */
  readonly attributes: readonly (SeenValues & { readonly name: string })[];
}

/** Bytes stand as Latin-1 text, which compares fast and is printed where it differs. */
export interface SeenValues {
  readonly shape: readonly number[] | null;
  readonly dtype: string;
  readonly values: string | readonly string[];
}

/** What libhdf5 sees in a file, in order of paths; values are read by its own conversion code. */
export async function seenByLibhdf5(path: string): Promise<SeenObject[]> {
  await h5wasm.ready;
  const file = new h5wasm.File(path, "r");
  if (file.file_id < 0n) throw new Error(`libhdf5 does not open ${path}`);
  try {
    const paths = ["", ...file.paths()];
    return paths.toSorted().map((name) => libhdf5Object(file.file_id, name));
  } finally {
    file.close();
  }
}

function libhdf5Object(file: bigint, path: string): SeenObject {
  const at = `/${path}`;
  const kind = Module.get_type(file, at);
  if (kind !== Module.H5G_GROUP && kind !== Module.H5G_DATASET) {
    throw new Error(`${at} is of type ${kind}`);
  }
  const attributes = Module.get_attribute_names(file, at).map((name) => ({
    name,
    ...libhdf5Values(file, at, name, Module.get_attribute_metadata(file, at, name)),
  }));
  return {
    path,
    values:
      kind === Module.H5G_GROUP
        ? null
        : libhdf5Values(file, at, "", Module.get_dataset_metadata(file, at)),
    attributes: byName(attributes),
  };
}

function libhdf5Values(file: bigint, at: string, name: string, metadata: Metadata): SeenValues {
  const { shape, size, total_size: count } = metadata;
  const pointer = Module._malloc(Math.max(size * count, 1));
  try {
    const status =
      name === ""
        ? Module.get_dataset_data(file, at, null, null, null, BigInt(pointer))
        : Module.get_attribute_data(file, at, name, BigInt(pointer));
    if (status < 0) throw new Error(`libhdf5 cannot read ${at} ${name}`);
    const bytes = Buffer.from(Module.HEAPU8.slice(pointer, pointer + size * count));
    if (!metadata.vlen) return { shape, dtype: libhdf5Dtype(metadata), values: latin1(bytes) };
    const values = Array.from({ length: count }, (_, index) => {
      const start = bytes.readUInt32LE(index * size);
      return start === 0 ? "" : latin1(Module.HEAPU8.slice(start, Module.HEAPU8.indexOf(0, start)));
    });
    if (count > 0) Module.reclaim_vlen_memory(file, at, name, BigInt(pointer));
    return { shape, dtype: libhdf5Dtype(metadata), values };
  } finally {
    Module._free(pointer);
  }
}

/** The name that `Datatype.name` should have, by what libhdf5 makes of the type. */
function libhdf5Dtype(type: Metadata): string {
  const { H5T_class_t: classes } = Module;
  const { size, signed, littleEndian, vlen } = type;
  const numeric = (kind: "int" | "uint" | "float"): string =>
    littleEndian ? `${kind}${size * 8}` : `>${{ int: "i", uint: "u", float: "f" }[kind]}${size}`;
  switch (type.type) {
    case classes.H5T_INTEGER.value:
      return numeric(signed ? "int" : "uint");
    case classes.H5T_FLOAT.value:
      return numeric("float");
    case classes.H5T_STRING.value:
      return vlen ? "string" : `S${size}`;
    case classes.H5T_BITFIELD.value:
      return `bits${size * 8}`;
    case classes.H5T_OPAQUE.value:
      return `V${size}`;
    case classes.H5T_ENUM.value: {
      const { members } = type.enum_type!;
      const isBool = JSON.stringify(members) === '{"FALSE":0,"TRUE":1}' && size === 1;
      return isBool ? "bool" : `enum(${numeric(signed ? "int" : "uint")})`;
    }
    case classes.H5T_COMPOUND.value: {
      const members = type.compound_type!.members.map(
        (member) => `${member.name}:${libhdf5Dtype(member)}`,
      );
      const complex = /^r:float(32|64),i:float\1$/.exec(`${members}`);
      return complex ? `complex${Number(complex[1]) * 2}` : `compound(${members.join(", ")})`;
    }
    case classes.H5T_ARRAY.value:
      return `${libhdf5Dtype(type.array_type!)}[${type.array_type!.shape!.join(", ")}]`;
    default:
      throw new Error(`no Keras file has HDF5 class ${type.type}`);
  }
}

/** What our reader, or whoever made the tree, says of the same. */
export async function seenByUs(root: Hdf5Group): Promise<SeenObject[]> {
  const objects: SeenObject[] = [];
  for (const { path, node } of allNodes(root)) {
    const attributes = [];
    for (const attribute of node.attributes) {
      attributes.push({ name: attribute.name, ...(await ourValues(attribute)) });
    }
    objects.push({
      path,
      values: node.kind === "group" ? null : await ourValues(node),
      attributes: byName(attributes),
    });
  }
  return objects.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function ourValues({
  shape,
  datatype,
  data,
}: Pick<Hdf5Attribute | Hdf5Dataset, "shape" | "datatype" | "data">): Promise<SeenValues> {
  const seen = { shape, dtype: datatype.name };
  if (data instanceof Uint8Array) return { ...seen, values: valueText(data, datatype) };
  if ("source" in data) return { ...seen, values: valueText(await rangeBytes(data), datatype) };
  return { ...seen, values: data.map(latin1) };
}

/** h5wasm gives numbers in little-endian order whatever the file has. */
function valueText(bytes: Uint8Array, { name, size }: Hdf5Dataset["datatype"]): string {
  if (!name.startsWith(">")) return latin1(bytes);
  const swapped = Buffer.from(bytes);
  for (let at = 0; at < swapped.length; at += size) swapped.subarray(at, at + size).reverse();
  return latin1(swapped);
}

export async function rangeBytes({ source, offset, length }: ByteRange): Promise<Uint8Array> {
  return length === 0 ? new Uint8Array() : source.read(offset, length);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

function byName<T extends { readonly name: string }>(attributes: readonly T[]): T[] {
  return attributes.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
