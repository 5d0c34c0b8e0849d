import { CleaveError } from "../errors.ts";
import { attribute, stringList } from "../hdf5/attributes.ts";
import type { Hdf5Attribute, Hdf5Group, Hdf5Node } from "../hdf5/model.ts";
import { stringListAttributes } from "../hdf5/string-list.ts";
import { readSavedLayer } from "../keras/layers/legacy-file.ts";

/**
 * Makes the lists that Keras finds legacy weights by name what is there and nothing else: it fails on a
 * name without a dataset, or passes over all that no list names (keras/src/legacy/saving/
 * legacy_h5_format.py, load_weights_from_hdf5_group). Where the list of layers itself is lost, the
 * groups that are layers stand in it by name.
 */
export function withPresentNames(weights: Hdf5Group): Hdf5Group {
  const children = new Map<string, Hdf5Node>();
  for (const [name, child] of weights.children) {
    children.set(name, child.kind === "group" ? withPresentWeights(weights, name, child) : child);
  }
  const listed = listOf(weights, "layer_names");
  const layers = [...new Set(listed ?? children.keys())].filter((name) =>
    hasWeightNames(weights, name),
  );
  return withList({ ...weights, children }, "layer_names", layers);
}

/** Whether the group reads as legacy weights by what is left of it. */
export function isLegacyWeights(group: Hdf5Group): boolean {
  return (
    listOf(group, "layer_names") !== undefined ||
    [...group.children.keys()].some((name) => hasWeightNames(group, name))
  );
}

function withPresentWeights(weights: Hdf5Group, name: string, layer: Hdf5Group): Hdf5Group {
  const listed = listOf(layer, "weight_names");
  if (listed === undefined) return layer;
  // Damage may have made several names one, or none.
  const names = [...new Set(listed)].filter((weight) => !weight.includes("\0"));
  const distinct = withList(layer, "weight_names", names);
  const { absent } = readSavedLayer({ ...weights, children: new Map([[name, distinct]]) }, name);
  const present = names.filter((weight) => !absent.includes(weight));
  return present.length === listed.length ? layer : withList(layer, "weight_names", present);
}

function hasWeightNames(weights: Hdf5Group, name: string): boolean {
  const child = weights.children.get(name);
  return child?.kind === "group" && listOf(child, "weight_names") !== undefined;
}

function listOf(group: Hdf5Group, name: string): readonly string[] | undefined {
  try {
    return stringList(group, name);
  } catch (error) {
    if (error instanceof CleaveError) return undefined; // no list of names
    throw error;
  }
}

function withList(group: Hdf5Group, name: string, list: readonly string[]): Hdf5Group {
  const isOfList = (present: Hdf5Attribute): boolean =>
    present.name === name ||
    (attribute(group, name) === undefined && new RegExp(`^${name}\\d+$`).test(present.name));
  const others = group.attributes.filter((present) => !isOfList(present));
  return { ...group, attributes: [...others, ...stringListAttributes(name, list)] };
}
