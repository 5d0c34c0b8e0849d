import { createHash } from "node:crypto";
import type { ByteRange } from "#shared/bytes/source.ts";
import { wholeRange } from "#shared/bytes/range-source.ts";
import type { Hdf5Attribute, Hdf5Dataset } from "#shared/hdf5/model.ts";
import { readHdf5 } from "#shared/hdf5/read.ts";
import { allNodes, holdsStrings } from "#shared/hdf5/tree.ts";
import { unpackInto } from "#shared/hdf5/unpack.ts";
import { OpenFiles } from "#shared/stores/open-files.ts";
import { rangeBytes } from "../support/hdf5-judge.ts";

/** What a reader sees of one object; `h5py_tree.py` prints the same. */
export interface SeenByBoth {
  readonly dtype: string | null;
  readonly shape: readonly number[] | null;
  readonly sha256: string | null;
  /** By name: SHA-256 of the values and the type, or "empty". */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Every object of an HDF5 file, by its path. */
export async function seenByUs(path: string): Promise<Record<string, SeenByBoth>> {
  const files = new OpenFiles();
  try {
    const tree = await readHdf5(wholeRange(await files.open(path)), unpackInto(files));
    const objects: [string, SeenByBoth][] = [];
    for (const { path: name, node } of allNodes(tree)) {
      const attributes: [string, string][] = [];
      for (const attribute of node.attributes) {
        const { dtype, sha256 } = await valuesOf(attribute);
        const isEmpty = attribute.shape === null;
        attributes.push([attribute.name, isEmpty ? "empty" : `${sha256} ${dtype}`]);
      }
      const nothing = { dtype: null, shape: null, sha256: null };
      const seen = node.kind === "group" ? nothing : await valuesOf(node);
      objects.push([name, { ...seen, attributes: Object.fromEntries(attributes) }]);
    }
    return Object.fromEntries(objects);
  } finally {
    await files.close();
  }
}

async function valuesOf(
  owner: Hdf5Dataset | Hdf5Attribute,
): Promise<{ dtype: string; shape: readonly number[] | null; sha256: string }> {
  const { shape, datatype } = owner;
  if (holdsStrings(owner)) {
    // h5py gives text up to a NUL.
    const strings = owner.data.map((bytes) => {
      const end = bytes.indexOf(0);
      return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end));
    });
    const joined = strings.flatMap((text, index) => (index === 0 ? [text] : [Buffer.of(0), text]));
    return { dtype: "string", shape, sha256: digest(Buffer.concat(joined)) };
  }
  const bytes =
    owner.data instanceof Uint8Array ? owner.data : await rangeBytes(owner.data as ByteRange);
  const dtype = datatype.name.replace(/^>(.+)$/, (_, name: string) => longName(name));
  return { dtype, shape, sha256: digest(inOrder(bytes, datatype.name, datatype.size)) };
}

const kinds: Readonly<Record<string, string>> = { f: "float", i: "int", u: "uint" };

function longName(short: string): string {
  const [, kind, size] = /^([fiu])(\d)$/.exec(short) ?? [];
  return kind === undefined ? short : `${kinds[kind]}${Number(size) * 8}`;
}

/** Attributes stay as they are in the file. */
function inOrder(bytes: Uint8Array, name: string, size: number): Uint8Array {
  if (!name.startsWith(">")) return bytes;
  const swapped = Buffer.from(bytes);
  for (let at = 0; at < swapped.length; at += size) swapped.subarray(at, at + size).reverse();
  return swapped;
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
