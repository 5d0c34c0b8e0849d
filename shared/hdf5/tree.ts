import { compareUtf8 } from "../bytes/compare-utf8.ts";
import type { Hdf5Attribute, Hdf5Dataset, Hdf5Group, Hdf5Node } from "./model.ts";

/** Children in the order HDF5 compares names: byte by byte. */
export function sortedChildren(group: Hdf5Group): [name: string, child: Hdf5Node][] {
  return [...group.children].toSorted(([a], [b]) => compareUtf8(a, b));
}

export interface Located<T> {
  /** Without a leading slash; the root's is empty. */
  readonly path: string;
  readonly node: T;
}

/** All objects below and with `root`, parents before children, level by level. */
export function allNodes(root: Hdf5Group): Located<Hdf5Node>[] {
  const nodes: Located<Hdf5Node>[] = [{ path: "", node: root }];
  for (let index = 0; index < nodes.length; index += 1) {
    const { path, node } = nodes[index]!;
    if (node.kind !== "group") continue;
    for (const [name, child] of sortedChildren(node)) {
      nodes.push({ path: path === "" ? name : `${path}/${name}`, node: child });
    }
  }
  return nodes;
}

/** All datasets below `root`, in order of their paths. */
export function allDatasets(root: Hdf5Group): Located<Hdf5Dataset>[] {
  return allNodes(root).filter(
    (found): found is Located<Hdf5Dataset> => found.node.kind === "dataset",
  );
}

/** Whether the values are strings of variable length, which stand in a heap. */
export function holdsStrings<T extends Hdf5Attribute | Hdf5Dataset>(
  owner: T,
): owner is T & { data: readonly Uint8Array[] } {
  return Array.isArray(owner.data);
}

/** Of a dataset's values, in bytes; of strings, without their places in the heap. */
export function byteLength(dataset: Hdf5Dataset): number {
  return holdsStrings(dataset)
    ? dataset.data.reduce((sum, { length }) => sum + length, 0)
    : dataset.data.length;
}
