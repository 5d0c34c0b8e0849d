import type { Hdf5Group } from "../../hdf5/model.ts";
import { allDatasets } from "../../hdf5/tree.ts";
import { isDeferred } from "./deferred.ts";
import { expectationOf, isOpaque } from "./expected.ts";
import { readSavedLayer, readSavedLayers, topLevelGroup, type SavedLayer } from "./legacy-file.ts";
import { expectedInside } from "./legacy-order.ts";
import { lastPart } from "./legacy-names.ts";
import { lookInside } from "./inside.ts";
import { matchSavedLayer, type Reader } from "./match-saved-layer.ts";
import { missing, unattributed, type Pair, type Pairing } from "./pairing.ts";
import { findTwins } from "./twins.ts";
import type { Layer } from "./walk.ts";

/**
 * Pairs variables with the tensors of a legacy tree, where names stand for both: `layer_names` for
 * the layers of the model itself, `weight_names` for everything inside each.
 * (keras/src/legacy/saving/legacy_h5_format.py and its forerunners back to keras/models.py.)
 *
 * @param reader where the architecture is not the weights' own: the version that is to read them
 */
export function pairLegacy(root: Layer, weights: Hdf5Group, reader?: Reader): Pairing {
  const saved = readSavedLayers(weights);
  const notChecked = new Set(unknownLayers(root, false));
  for (const layer of operationsOf(root, saved)) notChecked.delete(layer);
  const isUnbuilt = isDeferred(root) && saved.every(({ tensors }) => tensors.length === 0);
  const names = new Set(saved.map(({ name }) => name));
  const twins = findTwins(root);
  const layers = root.kind === "model" && !isUnbuilt ? savedUnits(root, names) : [];
  const partners = findPartners(layers, saved, reader);
  const isKnown = root.kind === "model" && !isOpaque(root);
  const pairs = [
    ...inLayers(layers, { partners, twins, isKnown, reader }),
    ...inOtherLayers(root, saved, new Set(partners.values()), isKnown),
    ...topLevel(root, weights),
  ];
  const listed = new Set(pairs.map(({ tensor }) => tensor?.path));
  for (const tensor of allDatasets(weights)) {
    if (!listed.has(tensor.path)) pairs.push(unattributed(null, tensor, "extra"));
  }
  for (const { owner, variable, problem } of pairs) {
    if (owner !== null && variable === null && problem === null) notChecked.add(owner);
  }
  const renamed = [...partners].filter(([layer, partner]) => isRenamed(layer, partner));
  return {
    pairs,
    notChecked,
    savedAs: new Map(renamed.map(([layer, { name }]) => [layer, name])),
    groups: new Map(),
  };
}

/** A Sequential in another of Keras 1 and early 2 has no name in the config, so not another one. */
function isRenamed({ name, config }: Layer, saved: SavedLayer): boolean {
  return name !== saved.name && config?.type !== "array";
}

interface InLayers {
  readonly partners: ReadonlyMap<Layer, SavedLayer>;
  readonly twins: ReadonlyMap<Layer, Layer>;
  readonly isKnown: boolean;
  readonly reader: Reader | undefined;
}

function inLayers(
  layers: readonly Layer[],
  { partners, twins, isKnown, reader }: InLayers,
): Pair[] {
  const isMisplaced = misplacedLayers(layers, partners);
  return layers.flatMap((layer): Pair[] => {
    const partner = partners.get(layer);
    if (partner === undefined) return isKnown ? missingInside(layer) : [];
    const found = [
      ...matchSavedLayer(layer, partner.tensors, twins, reader),
      ...absentOf(layer, partner),
    ];
    if (!isKnown) return found.filter(({ tensor }) => tensor !== null).map(withoutProblem);
    return found.map((pair) => ({
      ...pair,
      how: pair.tensor === null || !isRenamed(layer, partner) ? pair.how : "position",
      problem: pair.problem ?? (isMisplaced(layer) ? "order" : null),
    }));
  });
}

/** Of layers of unknown variables: those of others are missing by themselves. */
function absentOf(layer: Layer, { absent }: SavedLayer): Pair[] {
  if (lookInside(layer).open.size === 0) return [];
  return absent.map((weightName) => ({
    owner: layer,
    variable: null,
    spelling: lastPart(weightName),
    tensor: null,
    how: null,
    duplicate: false,
    problem: "missing",
    place: null,
  }));
}

function withoutProblem(pair: Pair): Pair {
  return { ...pair, problem: null };
}

/**
 * Layers that the file lists at another place than the model has them: Keras loads by position and
 * would give them each other's weights.
 */
function misplacedLayers(
  layers: readonly Layer[],
  partners: ReadonlyMap<Layer, SavedLayer>,
): (layer: Layer) => boolean {
  const listed = [...partners.values()];
  const inFile = new Map(
    listed.toSorted((a, b) => a.index - b.index).map((found, at) => [found, at]),
  );
  const stored = layers.flatMap((layer) => partners.get(layer) ?? []);
  const weighted = stored.filter(({ tensors }) => tensors.length > 0);
  const places = weighted.map((found) => inFile.get(found)!);
  const sorted = places.toSorted((a, b) => a - b);
  const wrong = new Set(weighted.filter((_, at) => places[at] !== sorted[at]));
  return (layer) => wrong.has(partners.get(layer)!);
}

/** Of layers that the model has not. */
function inOtherLayers(
  root: Layer,
  saved: readonly SavedLayer[],
  used: ReadonlySet<SavedLayer>,
  isKnown: boolean,
): Pair[] {
  const [owner, problem] = isKnown ? [null, "extra" as const] : [root, null];
  return saved
    .filter((layer) => !used.has(layer))
    .flatMap(({ tensors }) => tensors.map(({ tensor }) => unattributed(owner, tensor, problem)));
}

/**
 * What a file does not list among its layers, the weightless ones included, is none: an operation,
 * which Keras 3 has in the config and legacy JSON does not tell from a layer.
 */
function operationsOf(root: Layer, saved: readonly SavedLayer[]): readonly Layer[] {
  const names = new Set(saved.map(({ name }) => name));
  const isListing = root.children.some(({ layer }) => names.has(layer.name));
  return root.children
    .map(({ layer }) => layer)
    .filter((layer) => isListing && layer.children.length === 0 && !names.has(layer.name));
}

/** Layers of a custom class or with unknown settings, and all inside the former. */
function* unknownLayers(layer: Layer, isInside: boolean): Iterable<Layer> {
  const isUnknown = isInside || isOpaque(layer);
  if (isUnknown) yield layer;
  for (const child of layer.children) yield* unknownLayers(child.layer, isUnknown);
}

/**
 * The layers that have groups: the model's, except where Keras 1 listed those of a model inside it,
 * each once (1.2.2:keras/models.py, `flattened_layers`).
 */
export function savedUnits(model: Layer, names: ReadonlySet<string>): readonly Layer[] {
  const twins = findTwins(model);
  const units = new Set(flattened(model, names));
  return [...units].filter((layer) => !units.has(twins.get(layer)!));
}

function flattened(model: Layer, names: ReadonlySet<string>): Layer[] {
  return model.children.flatMap(({ layer }) => {
    const isFlattened = layer.kind === "model" && !names.has(layer.name) && holds(layer, names);
    return isFlattened ? flattened(layer, names) : [layer];
  });
}

function holds({ children }: Layer, names: ReadonlySet<string>): boolean {
  return children.some(({ layer }) => names.has(layer.name) || holds(layer, names));
}

/** By name; what is left on both sides by position, as Keras loads, where their number is the same. */
function findPartners(
  layers: readonly Layer[],
  saved: readonly SavedLayer[],
  reader: Reader | undefined,
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
      const pairs = matchSavedLayer(layer, candidate.tensors, new Map(), reader);
      if (pairs.every(({ problem }) => problem === null)) partners.set(layer, candidate);
    }
  }
  return partners;
}

function missingInside(layer: Layer): Pair[] {
  if (isOpaque(layer)) return [];
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
