import type { Dataset, Group, Metadata } from "h5wasm";
import type { Hdf5Attribute, Hdf5Group, Hdf5Node } from "./model.ts";
import { allNodes } from "./tree.ts";

export interface SecondOpinion {
  readonly objects: number;
  readonly attributes: number;
  /** What h5wasm sees otherwise than we do; empty where it agrees. */
  readonly differences: readonly string[];
}

/**
 * Opens a file that we wrote with h5wasm, which is libhdf5, and compares names, shapes, sizes of
 * elements and attributes with the tree we see. Values of tensors are not read.
 *
 * h5wasm is loaded when this is called first: it takes a tenth of a second.
 */
export async function secondOpinion(path: string, tree: Hdf5Group): Promise<SecondOpinion> {
  const { default: h5wasm } = await import("h5wasm/node");
  await h5wasm.ready;
  const file = new h5wasm.File(path, "r");
  if (file.file_id < 0n) {
    return { objects: 0, attributes: 0, differences: ["h5wasm does not open the file"] };
  }
  const differences: string[] = [];
  let objects = 0;
  let attributes = 0;
  try {
    // Listed group by group: libhdf5 would keep the memory that a list of the whole file takes.
    const seen = new Set([""]);
    for (const { path: ours, node } of allNodes(tree)) {
      objects += 1;
      attributes += node.attributes.length;
      const theirs = file.get(ours === "" ? "/" : ours) as Group | Dataset | null;
      if (!seen.delete(ours) || theirs === null) differences.push(`${ours}: not there`);
      else differences.push(...compareNode(ours, node, theirs));
      for (const inner of pathsIn(ours, theirs, false)) seen.add(inner);
    }
    for (const extra of seen) {
      const below = pathsIn(extra, file.get(extra) as Group | Dataset | null, true);
      differences.push(...[extra, ...below].map((found) => `${found}: only h5wasm sees it`));
    }
  } catch (error) {
    differences.push(`h5wasm cannot read the file: ${(error as Error).message}`);
  } finally {
    file.close();
  }
  return { objects, attributes, differences };
}

/** Of the objects in a group, or of all below it. */
function pathsIn(path: string, group: Group | Dataset | null, isDeep: boolean): string[] {
  if (group === null || !("paths" in group)) return [];
  const names = isDeep ? group.paths() : group.keys();
  return names.map((name) => (path === "" ? name : `${path}/${name}`));
}

function compareNode(path: string, ours: Hdf5Node, theirs: Group | Dataset): string[] {
  const differences: string[] = [];
  if ("metadata" in theirs !== (ours.kind === "dataset")) {
    return [`${path}: a ${ours.kind}, h5wasm sees a ${theirs.type}`];
  }
  if (ours.kind === "dataset" && "metadata" in theirs) {
    differences.push(...compareType(path, ours, theirs.metadata));
  }
  const names = new Map(Object.entries(theirs.attrs));
  for (const attribute of ours.attributes) {
    const where = `${path}@${attribute.name}`;
    const found = names.get(attribute.name);
    if (found === undefined) differences.push(`${where}: not there`);
    else differences.push(...compareType(where, attribute, found.metadata));
    names.delete(attribute.name);
  }
  for (const extra of names.keys()) differences.push(`${path}@${extra}: only h5wasm sees it`);
  return differences;
}

function compareType(
  where: string,
  { shape, datatype }: Pick<Hdf5Attribute, "shape" | "datatype">,
  theirs: Metadata,
): string[] {
  const differences: string[] = [];
  if (`${shape}` !== `${theirs.shape}`) {
    differences.push(`${where}: shape [${shape}], h5wasm sees [${theirs.shape}]`);
  }
  // h5wasm counts the size of a pointer for strings of variable length.
  if (datatype.class !== "vlen-string" && datatype.size !== theirs.size) {
    differences.push(`${where}: elements of ${datatype.size} bytes, h5wasm sees ${theirs.size}`);
  }
  return differences;
}
