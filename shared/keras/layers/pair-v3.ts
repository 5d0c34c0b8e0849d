import type { Hdf5Dataset, Hdf5Group } from "../../hdf5/model.ts";
import { allDatasets, type Located } from "../../hdf5/tree.ts";
import { isDeferred } from "./deferred.ts";
import { expectationOf, isOpaque } from "./expected.ts";
import { groupNames } from "./group-names.ts";
import { missing, unattributed, type Pair, type Pairing } from "./pairing.ts";
import { findTwins } from "./twins.ts";
import type { Variable } from "./variable.ts";
import { joinPath, type Layer, type Sublayer } from "./walk.ts";

/**
 * Pairs variables with the tensors of a v3 tree, where the path stands for both: a layer's own are
 * `<layer>/vars/0`, `1`, …, trainable ones first; layers inside it have groups in its group.
 * (keras/src/saving/saving_lib.py, `_save_state`; keras/saving/saving_lib.py of TF 2.12 to 2.15.)
 */
export function pairV3(root: Layer, weights: Hdf5Group, version: string | null): Pairing {
  const search = newSearch(root, weights, version);
  const isUnbuilt = search.left.size === 0 && isDeferred(root);
  if (!isUnbuilt) visit(search, { layer: root, path: "", isInside: false });
  const pairs = [...withoutTwins(search), ...leftOver(search)];
  return { pairs, notChecked: search.notChecked, savedAs: new Map(), groups: search.layerGroups };
}

/** The groups that layers get in a new file, with the names that a version gives them. */
export function layerGroups(root: Layer, version: string | null): ReadonlyMap<Layer, string> {
  const search = newSearch(root, { kind: "group", attributes: [], children: new Map() }, version);
  visit(search, { layer: root, path: "", isInside: false });
  return search.layerGroups;
}

/** Where a new file has a layer's variable of this name, in the layer's group. */
export function placeInLayer(layer: Layer, name: string): string | undefined {
  for (const [[holder = ""], held] of byHolder(expectationOf(layer).variables)) {
    const index = held.findIndex((variable) => variable.name === name);
    if (index >= 0) return `${joinPath(holder, "vars")}/${index}`;
  }
  return undefined;
}

function newSearch(root: Layer, weights: Hdf5Group, version: string | null): Search {
  const tensors = new Map(allDatasets(weights).map((found) => [found.path, found]));
  return {
    version,
    twins: findTwins(root),
    groups: tensorGroups(tensors.keys()),
    left: tensors,
    pairs: [],
    notChecked: new Set(),
    places: new Map(),
    layerGroups: new Map(),
  };
}

/** For each group that holds tensors, at any depth, how many and in which groups of its own. */
function tensorGroups(paths: Iterable<string>): ReadonlyMap<string, TensorGroup> {
  const groups = new Map<string, TensorGroup>();
  for (const path of paths) {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const above = path.slice(0, end);
      const group = groups.get(above) ?? { tensors: 0, children: new Set() };
      group.tensors += 1;
      group.children.add(path.slice(end + 1).split("/", 1)[0]!);
      groups.set(above, group);
    }
  }
  return groups;
}

interface TensorGroup {
  tensors: number;
  readonly children: Set<string>;
}

interface Search {
  readonly version: string | null;
  readonly twins: ReadonlyMap<Layer, Layer>;
  readonly groups: ReadonlyMap<string, TensorGroup>;
  /** Tensors that no variable has taken, by path. */
  readonly left: Map<string, Located<Hdf5Dataset>>;
  readonly pairs: Pair[];
  readonly notChecked: Set<Layer>;
  /** Whose tensors stand below a group, and whether all of them are known. */
  readonly places: Map<string, { owner: Layer | null; isKnown: boolean }>;
  readonly layerGroups: Map<Layer, string>;
}

interface Visit {
  readonly layer: Layer;
  readonly path: string;
  /** It stands in a layer that nothing is known of. */
  readonly isInside: boolean;
}

function visit(search: Search, { layer, path, isInside }: Visit): void {
  const { variables, isOpen } = expectationOf(layer);
  const isUnknown = isInside || isOpaque(layer);
  if (isUnknown) search.notChecked.add(layer);
  search.layerGroups.set(layer, path);
  search.places.set(path, {
    owner: layer,
    isKnown: !isUnknown && !isOpen && layer.kind === "layer",
  });
  if (layer.path === "") {
    search.places.set("vars", { owner: layer, isKnown: false });
    search.places.set("", { owner: isUnknown ? layer : null, isKnown: false });
  }
  for (const [holders, held] of byHolder(variables)) {
    takeVariables(
      search,
      layer,
      held,
      holders.map((holder) => (holder === "" ? path : joinPath(path, holder))),
      isInside,
    );
  }
  for (const [child, childPath] of childPaths(search, layer, path)) {
    visit(search, { layer: child.layer, path: childPath, isInside: isUnknown });
  }
}

/** Variables that stand in one `vars` group, in order: those of a cell, a projection, the layer. */
function byHolder(variables: readonly Variable[]): [readonly string[], Variable[]][] {
  const groups = new Map<string, [readonly string[], Variable[]]>();
  for (const found of variables) {
    const key = found.holders[0] ?? "";
    const group = groups.get(key) ?? [found.holders, []];
    group[1].push(found);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** The first place that holds tensors has the variables; the same in another is a second copy. */
function takeVariables(
  search: Search,
  layer: Layer,
  variables: readonly Variable[],
  places: readonly string[],
  isInside: boolean,
): void {
  const tensorAt = (place: string, index: number): Located<Hdf5Dataset> | undefined => {
    const vars = joinPath(place, "vars");
    return (
      search.left.get(`${vars}/${index}`) ?? search.left.get(`${vars}/${variables[index]!.name}`)
    );
  };
  const inUse = places.filter((place) => variables.some((_, index) => tensorAt(place, index)));
  for (const place of inUse.length === 0 ? places.slice(0, 1) : inUse) {
    const isSecond = place !== (inUse[0] ?? place);
    for (const [index, variable] of variables.entries()) {
      const tensor = tensorAt(place, index);
      if (tensor !== undefined) {
        search.left.delete(tensor.path);
        const duplicate = isSecond || variable.isCopy;
        search.pairs.push({
          owner: layer,
          variable,
          spelling: null,
          tensor,
          how: "path",
          duplicate,
          problem: null,
          place: null,
        });
      } else if (!isSecond && !variable.optional && !isInside) {
        search.pairs.push(missing(layer, variable, `${joinPath(place, "vars")}/${index}`));
      }
    }
  }
}

/** The groups of layers inside a layer. */
function childPaths(search: Search, layer: Layer, path: string): [Sublayer, string][] {
  const listed = layer.children.filter(({ role }) => role === "layers" || role === "cells");
  const held = layer.children.filter(({ role }) => role !== "layers" && role !== "cells");
  return [
    ...listedPaths(search, listed, path),
    ...held.map((child): [Sublayer, string] => [child, joinPath(path, child.role)]),
  ];
}

function listedPaths(
  search: Search,
  listed: readonly Sublayer[],
  path: string,
): [Sublayer, string][] {
  const role = listed[0]?.role;
  if (role === undefined) return [];
  const containers = role === "layers" ? ["layers", "_layer_checkpoint_dependencies"] : [role];
  const counts = containers.map((name) => search.groups.get(joinPath(path, name))?.tensors ?? 0);
  const container = joinPath(path, containers[counts.indexOf(Math.max(...counts))]!);
  search.places.set(container, {
    owner: ownerOfContainer(search, path),
    isKnown: isKnown(search, path),
  });
  const names = groupNames(
    listed.map((child) => child.layer),
    search.groups.get(container)?.children ?? new Set(),
    search.twins,
    search.version,
  );
  return listed.flatMap((child): [Sublayer, string][] => {
    const name = names.get(child.layer);
    if (name !== undefined) return [[child, joinPath(container, name)]];
    if (search.twins.has(child.layer)) search.notChecked.add(child.layer);
    return [];
  });
}

function ownerOfContainer(search: Search, path: string): Layer | null {
  return search.places.get(path)?.owner ?? null;
}

function isKnown(search: Search, path: string): boolean {
  const owner = search.places.get(path)?.owner;
  return owner === null || (owner !== undefined && !search.notChecked.has(owner));
}

/**
 * A layer that two models share is stored once, in the model that comes first; the other's copy is
 * not missing. Keras cannot load such a file itself (expected 2 variables, but received 0).
 */
function withoutTwins({ pairs, twins, notChecked }: Search): readonly Pair[] {
  const stored = new Set<Layer>();
  const storedOnce = new Set<Layer>();
  for (const { owner, tensor } of pairs) {
    if (owner === null || tensor === null) continue;
    stored.add(owner);
    storedOnce.add(twins.get(owner) ?? owner);
  }
  return pairs.filter(({ owner, problem }) => {
    if (problem !== "missing" || owner === null || stored.has(owner)) return true;
    if (!storedOnce.has(twins.get(owner) ?? owner)) return true;
    notChecked.add(owner);
    return false;
  });
}

/** Tensors that no variable has taken, of the layer whose group they stand in. */
function* leftOver(search: Search): Iterable<Pair> {
  for (const tensor of search.left.values()) {
    let place = tensor.path;
    while (place !== "" && !search.places.has(place)) {
      place = place.slice(0, Math.max(0, place.lastIndexOf("/")));
    }
    const found = search.places.get(place);
    if (found?.owner && !found.isKnown) search.notChecked.add(found.owner);
    yield unattributed(found?.owner ?? null, tensor, found?.isKnown ? "extra" : null);
  }
}
