import { littleEndian } from "#shared/hdf5/datatype.ts";
import type { Hdf5Group, Hdf5Node } from "#shared/hdf5/model.ts";
import { memoryRange } from "#shared/bytes/memory-source.ts";
import type { SeenObject } from "../support/hdf5-judge.ts";
import { rangeBytes } from "../support/hdf5-judge.ts";

/** The tree that our reader makes of what this one is written as: numbers in one byte order. */
export async function inLittleEndian(root: Hdf5Group): Promise<Hdf5Group> {
  const children = new Map<string, Hdf5Node>();
  for (const [name, child] of root.children) {
    children.set(name, child.kind === "group" ? await inLittleEndian(child) : child);
    if (child.kind === "group" || !("source" in child.data)) continue;
    const datatype = littleEndian(child.datatype);
    if (datatype === undefined) continue;
    const bytes = Uint8Array.from(await rangeBytes(child.data));
    for (let at = 0; at < bytes.length; at += datatype.size) {
      bytes.subarray(at, at + datatype.size).reverse();
    }
    children.set(name, { ...child, datatype, data: memoryRange("swapped", bytes) });
  }
  return { ...root, children };
}

const kinds: Readonly<Record<string, string>> = { f: "float", i: "int", u: "uint" };

/** libhdf5 gives numbers in little-endian order and says what they are in the file. */
export function namesInOrder(objects: readonly SeenObject[]): SeenObject[] {
  return objects.map(({ values, ...object }) => {
    const swapped = /^>([fiu])(\d)$/.exec(values?.dtype ?? "");
    const dtype = swapped && `${kinds[swapped[1]!]}${Number(swapped[2]) * 8}`;
    return { ...object, values: values && { ...values, dtype: dtype ?? values.dtype } };
  });
}
