import type { Hdf5Attribute, Hdf5Dataset, Hdf5Group, Hdf5Node } from "./model.ts";

/** What a tree is built of; groups on the way to it come by themselves. */
export interface TreeParts {
  readonly datasets: Iterable<readonly [path: string, node: Hdf5Dataset]>;
  /** Attributes of groups, which are there without a dataset too; "" is the root. */
  readonly attributes?: Iterable<readonly [path: string, attributes: readonly Hdf5Attribute[]]>;
}

/** A tree with datasets at paths. */
export function buildTree({ datasets, attributes = [] }: TreeParts): Hdf5Group {
  const root = openGroup();
  for (const [path, list] of attributes) groupAt(root, parts(path)).attributes.push(...list);
  for (const [path, node] of datasets) {
    const names = parts(path);
    groupAt(root, names.slice(0, -1)).children.set(names.at(-1)!, node);
  }
  return root;
}

interface OpenGroup extends Hdf5Group {
  readonly attributes: Hdf5Attribute[];
  readonly children: Map<string, Hdf5Node>;
}

function openGroup(): OpenGroup {
  return { kind: "group", attributes: [], children: new Map() };
}

function parts(path: string): readonly string[] {
  return path.split("/").filter((name) => name !== "");
}

function groupAt(root: OpenGroup, names: readonly string[]): OpenGroup {
  let group = root;
  for (const name of names) {
    const child = group.children.get(name);
    const next = child?.kind === "group" ? (child as OpenGroup) : openGroup();
    group.children.set(name, next);
    group = next;
  }
  return group;
}
