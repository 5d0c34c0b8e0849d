import { CleaveError, quote } from "../../errors.ts";
import { buildTree } from "../../hdf5/build-tree.ts";
import { attribute } from "../../hdf5/attributes.ts";
import type { Hdf5Attribute, Hdf5Dataset, Hdf5Group } from "../../hdf5/model.ts";
import { vlenText } from "../../hdf5/text.ts";
import { allNodes } from "../../hdf5/tree.ts";
import { layerGroups, placeInLayer } from "../layers/pair-v3.ts";
import { joinPath, type Layer } from "../layers/walk.ts";
import type { Family } from "../model.ts";
import { legacyWeightsTree, type LegacyLayer } from "./legacy-tree.ts";
import type { RenameRules } from "./rename-rules.ts";
import type { SourceTensor } from "./source-tensors.ts";
import { groupByUnit, unitsOf } from "./units.ts";

/** Weights in the places that another architecture has for them. */
export interface Arranged {
  readonly weights: Hdf5Group;
  /** Tensors that found a layer, and whether a rule had to name it. */
  readonly placed: ReadonlyMap<Hdf5Dataset, "name" | "rule">;
}

export interface Target {
  readonly root: Layer;
  readonly family: Family;
  readonly version: string | null;
}

/**
 * Puts tensors where the architecture has layers of the same names, whatever the order or the
 * nesting the weights have them in; of nested layers the innermost one of a known name decides.
 *
 * @param source the tree that the tensors are in
 * @throws CleaveError `MISMATCH` where two tensors come to one place
 */
export function arrangeByName(
  { root, family, version }: Target,
  tensors: readonly SourceTensor[],
  rules: RenameRules,
  source: Hdf5Group,
): Arranged {
  const layers = layersByPath(root);
  const placed = new Map<Hdf5Dataset, "name" | "rule">();
  const groups = family === "v3" ? layerGroups(root, version) : new Map<Layer, string>();
  const found = tensors.flatMap((tensor) => {
    const place = findPlace(tensor, family, layers, rules);
    if (place === undefined || (family === "v3" && !groups.has(place.layer))) return [];
    placed.set(tensor.node, place.how);
    return [{ tensor, ...place }];
  });
  if (family === "v3") {
    const places = found.map(({ tensor, layer, rest }) => {
      return { path: joinPath(groups.get(layer)!, rest), tensor };
    });
    refuseSharedPlaces(places);
    const datasets = places.map(({ path, tensor }) => [path, tensor.node] as const);
    const isNamed = hasNames(source);
    const attributes = [...groups].map(([layer, group]): [string, Hdf5Attribute[]] => {
      return [joinPath(group, "vars"), isNamed ? [vlenText("name", layer.name, "utf8")] : []];
    });
    return { weights: buildTree({ datasets, attributes }), placed };
  }
  const units = root.children.map(({ layer }) => layer);
  const byUnit = groupByUnit(found, unitsOf(units), ({ layer }) => layer);
  const legacyLayers = units.map((layer): LegacyLayer => {
    const weights = (byUnit.get(layer) ?? []).map(({ tensor, layer: inner, rest }) => {
      const scopes = [layer.name, inner.path.slice(layer.path.length + 1), rest];
      return { path: `${scopes.filter(Boolean).join("/")}:0`, tensor };
    });
    refuseSharedPlaces(weights);
    return { name: layer.name, weights: weights.map(({ path, tensor }) => [path, tensor.node]) };
  });
  return { weights: legacyWeightsTree(legacyLayers, source.attributes), placed };
}

/** Keras 3.6 and later name the layer at each `vars` group, of which every layer has one. */
function hasNames(source: Hdf5Group): boolean {
  return allNodes(source).some(
    ({ path, node }) => /(?:^|\/)vars$/.test(path) && attribute(node, "name") !== undefined,
  );
}

function layersByPath(root: Layer): ReadonlyMap<string, Layer> {
  const layers = new Map<string, Layer>();
  const add = (layer: Layer): void => {
    layers.set(layer.path, layer);
    for (const child of layer.children) add(child.layer);
  };
  for (const child of root.children) add(child.layer);
  return layers;
}

interface Place {
  readonly layer: Layer;
  /** The tensor's path inside the layer's group. */
  readonly rest: string;
  readonly how: "name" | "rule";
}

function findPlace(
  { layers: around, variable }: SourceTensor,
  family: Family,
  layers: ReadonlyMap<string, Layer>,
  rules: RenameRules,
): Place | undefined {
  const renamed = renamedPaths(
    around.map(({ path }) => path),
    rules,
  );
  for (const [index, { rest }] of [...around.entries()].toReversed()) {
    const { path, isRenamed } = renamed[index]!;
    const last = variable ?? rest;
    const moved = index === around.length - 1 ? rules.variable(`${path}/${last}`) : undefined;
    if (moved !== undefined) return movedPlace(moved, family, layers);
    const layer = layers.get(path);
    if (layer !== undefined) return { layer, rest, how: isRenamed ? "rule" : "name" };
  }
  return undefined;
}

/** A rule for a layer holds for all inside it, unless one of them has its own. */
function renamedPaths(
  paths: readonly string[],
  rules: RenameRules,
): readonly { path: string; isRenamed: boolean }[] {
  let outer: { from: string; to: string } | undefined;
  return paths.map((from) => {
    const own = rules.layer(from);
    if (own !== undefined) outer = { from, to: own };
    if (outer === undefined) return { path: from, isRenamed: false };
    return { path: `${outer.to}${from.slice(outer.from.length)}`, isRenamed: true };
  });
}

/** @throws CleaveError `MISMATCH` where the rule names what the architecture has not */
function movedPlace(
  path: string,
  family: Family,
  layers: ReadonlyMap<string, Layer>,
): Place | undefined {
  for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
    const layer = layers.get(path.slice(0, at));
    if (layer === undefined) continue;
    const name = path.slice(at + 1);
    const rest = family === "legacy" ? name : placeInLayer(layer, name);
    if (rest !== undefined) return { layer, rest, how: "rule" };
  }
  throw new CleaveError(
    "MISMATCH",
    `A rule makes ${quote(path)} of a variable, which the architecture does not have.`,
  );
}

function refuseSharedPlaces(places: readonly { path: string; tensor: SourceTensor }[]): void {
  const taken = new Map<string, SourceTensor>();
  for (const { path, tensor } of places) {
    const other = taken.get(path);
    if (other !== undefined) {
      throw new CleaveError(
        "MISMATCH",
        `${quote(other.path)} and ${quote(tensor.path)} would both become ${quote(path)}. Change the rules so that one of them goes elsewhere.`,
      );
    }
    taken.set(path, tensor);
  }
}
