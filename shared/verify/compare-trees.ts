import { rangesEqual } from "../bytes/compare.ts";
import type { ByteRange } from "../bytes/source.ts";
import type { Datatype, Hdf5Attribute, Hdf5Dataset, Hdf5Group, Shape } from "../hdf5/model.ts";
import { allNodes, byteLength, holdsStrings } from "../hdf5/tree.ts";
import type { OpenCheck } from "./check.ts";

/**
 * Compares groups, attributes, types, shapes and every byte of two trees. Datasets are what is
 * counted; the rest is a problem where it differs.
 */
export async function compareTrees(
  check: OpenCheck,
  original: Hdf5Group,
  ours: Hdf5Group,
  onProgress?: (bytes: number) => void,
): Promise<void> {
  const rest = new Map(allNodes(ours).map(({ path, node }) => [path, node]));
  for (const { path, node } of allNodes(original)) {
    const other = rest.get(path);
    rest.delete(path);
    if (other === undefined) check.problems.push(`${path}: missing`);
    else if (other.kind !== node.kind)
      check.problems.push(`${path}: a ${other.kind}, not a ${node.kind}`);
    else {
      compareAttributes(check, path, node.attributes, other.attributes);
      if (node.kind === "dataset" && other.kind === "dataset") {
        const same = isSameType(node, other) && (await valuesEqual(node, other, onProgress));
        check.count(same, () => `${path}: another type, shape or value`, byteLength(node));
      }
    }
  }
  for (const path of rest.keys()) check.problems.push(`${path}: not in the original`);
}

export function compareAttributes(
  check: OpenCheck,
  path: string,
  original: readonly Hdf5Attribute[],
  ours: readonly Hdf5Attribute[],
): void {
  const rest = new Map(ours.map((attribute) => [attribute.name, attribute]));
  for (const attribute of original) {
    const other = rest.get(attribute.name);
    rest.delete(attribute.name);
    if (other === undefined) check.problems.push(`${path}@${attribute.name}: missing`);
    else if (!isSameType(attribute, other) || !isSameData(attribute.data, other.data)) {
      check.problems.push(`${path}@${attribute.name}: another type, shape or value`);
    }
  }
  for (const name of rest.keys()) check.problems.push(`${path}@${name}: not in the original`);
}

interface Typed {
  readonly datatype: Datatype;
  readonly shape: Shape;
}

function isSameType(a: Typed, b: Typed): boolean {
  return (
    `${a.shape}` === `${b.shape}` && Buffer.compare(a.datatype.encoded, b.datatype.encoded) === 0
  );
}

type Data = Uint8Array | readonly Uint8Array[];

function isSameData(a: Data, b: Data): boolean {
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  }
  return a.length === b.length && a.every((bytes, index) => Buffer.compare(bytes, b[index]!) === 0);
}

async function valuesEqual(
  a: Hdf5Dataset,
  b: Hdf5Dataset,
  onProgress?: (bytes: number) => void,
): Promise<boolean> {
  if (holdsStrings(a) || holdsStrings(b)) {
    return holdsStrings(a) && holdsStrings(b) && isSameData(a.data, b.data);
  }
  return rangesEqual(a.data as ByteRange, b.data as ByteRange, onProgress);
}
