import type { Hdf5Group } from "../../hdf5/model.ts";
import { allDatasets } from "../../hdf5/tree.ts";
import { expectationOf, isBuiltin } from "./expected.ts";
import { readSavedLayer, readSavedLayers, topLevelGroup, type SavedLayer } from "./legacy-file.ts";
import { expectedInside } from "./legacy-order.ts";
import { matchSavedLayer } from "./match-saved-layer.ts";
import { missing, unattributed, type Pair, type Pairing } from "./pairing.ts";
import { findTwins } from "./twins.ts";
import type { Layer } from "./walk.ts";

/**
 * Pairs variables with the tensors of a legacy tree, where names stand for both: `layer_names` for
 * the layers of the model itself, `weight_names` for everything inside each.
 * (keras/src/legacy/saving/legacy_h5_format.py and its forerunners back to keras/models.py.)
 */
export function pairLegacy(root: Layer, weights: Hdf5Group): Pairing {
  const saved = readSavedLayers(weights);
  const twins = findTwins(root);
  const notChecked = new Set(unknownLayers(root, false));
  const savedAs = new Map<Layer, string>();
  const pairs: Pair[] = [];
  const isKnown = root.kind === "model" && isBuiltin(root);
  const layers =
    root.kind === "model" ? savedUnits(root, new Set(saved.map(({ name }) => name))) : [];
  const partners = findPartners(layers, saved);
  const isUnbuilt =
    saved.every(({ tensors }) => tensors.length === 0) && root.className === "Sequential";
  for (const layer of layers) {
    const partner = partners.get(layer);
    if (partner === undefined) {
      if (!isUnbuilt && isKnown) pairs.push(...missingInside(layer));
      continue;
    }
    const found = matchSavedLayer(layer, partner.tensors, twins);
    if (partner.name === layer.name) pairs.push(...found);
    else {
      savedAs.set(layer, partner.name);
      pairs.push(
        ...found.map((pair): Pair => (pair.tensor === null ? pair : { ...pair, how: "position" })),
      );
    }
  }
  const used = new Set(partners.values());
  for (const layer of saved) {
    if (used.has(layer)) continue;
    const owner = isKnown ? null : root;
    pairs.push(
      ...layer.tensors.map(({ tensor }) => unattributed(owner, tensor, isKnown ? "extra" : null)),
    );
  }
  pairs.push(...topLevel(root, weights));
  const listed = new Set(pairs.map(({ tensor }) => tensor?.path));
  for (const tensor of allDatasets(weights)) {
    if (!listed.has(tensor.path)) pairs.push(unattributed(null, tensor, "extra"));
  }
  for (const { owner, variable, problem } of pairs) {
    if (owner !== null && variable === null && problem === null) notChecked.add(owner);
  }
  return { pairs, notChecked, savedAs };
}

/** Layers of a custom class or with unknown settings, and all inside the former. */
function* unknownLayers(layer: Layer, isInside: boolean): Iterable<Layer> {
  const { variables, isOpen } = expectationOf(layer);
  const isCustom = isInside || !isBuiltin(layer);
  if (isCustom || (isOpen && variables.length === 0)) yield layer;
  for (const child of layer.children) yield* unknownLayers(child.layer, isCustom);
}

/**
 * The layers that have groups: the model's, except where Keras 1 listed those of a model inside it
 * (1.2.2:keras/engine/topology.py, `flattened_layers`).
 */
function savedUnits(model: Layer, names: ReadonlySet<string>): Layer[] {
  return model.children.flatMap(({ layer }) => {
    const isListed = names.has(layer.name) || layer.children.length === 0;
    const isFlattened = !isListed && layer.children.some((child) => names.has(child.layer.name));
    return isFlattened ? savedUnits(layer, names) : [layer];
  });
}

/** By name; what is left on both sides by position, as Keras loads, where their number is the same. */
function findPartners(
  layers: readonly Layer[],
  saved: readonly SavedLayer[],
): ReadonlyMap<Layer, SavedLayer> {
  const byName = new Map(saved.map((found) => [found.name, found]));
  const partners = new Map<Layer, SavedLayer>();
  for (const layer of layers) {
    const found = byName.get(layer.name);
    if (found !== undefined && byName.delete(layer.name)) partners.set(layer, found);
  }
  const left = [...byName.values()].filter(({ tensors }) => tensors.length > 0);
  const waiting = layers.filter(
    (layer) => !partners.has(layer) && expectedInside(layer).length > 0,
  );
  if (left.length === waiting.length) {
    for (const [index, layer] of waiting.entries()) {
      const candidate = left[index]!;
      const pairs = matchSavedLayer(layer, candidate.tensors, new Map());
      if (pairs.every(({ problem }) => problem === null)) partners.set(layer, candidate);
    }
  }
  return partners;
}

function missingInside(layer: Layer): Pair[] {
  if (!isBuiltin(layer)) return [];
  const own = expectationOf(layer).variables.filter(({ optional, isCopy }) => !optional && !isCopy);
  return [
    ...own.map((variable) => missing(layer, variable)),
    ...layer.children.flatMap((child) => missingInside(child.layer)),
  ];
}

/** Variables of the model object itself, since Keras 2.7. */
function topLevel(root: Layer, weights: Hdf5Group): Pair[] {
  if (weights.children.get(topLevelGroup)?.kind !== "group") return [];
  return readSavedLayer(weights, topLevelGroup).tensors.map(({ tensor }) =>
    unattributed(root, tensor, null),
  );
}
