import type { Hdf5Dataset, Hdf5Group } from "../../hdf5/model.ts";
import { readSavedLayers, topLevelGroup, type SavedLayer } from "../layers/legacy-file.ts";
import { expectedInside, readingOrder, type Expected } from "../layers/legacy-order.ts";
import { savedUnits } from "../layers/pair-legacy.ts";
import type { Pair } from "../layers/pairing.ts";
import type { Layer } from "../layers/walk.ts";
import type { Target } from "./arrange.ts";
import { legacyWeightsTree, type LegacyLayer } from "./legacy-tree.ts";
import { groupByUnit, unitsOf } from "./units.ts";

/** A variable's tensor, its own or a new one. */
export interface Written {
  readonly pair: Pair;
  readonly node: Hdf5Dataset;
}

/**
 * A legacy tree of other tensors: in the order of the model's layers, in each in the order in which
 * the Keras that is to read them does.
 */
export function rewriteLegacy(
  { root, version }: Target,
  weights: Hdf5Group,
  written: readonly Written[],
): Hdf5Group {
  const saved = readSavedLayers(weights);
  const units = savedUnits(root, new Set(saved.map(({ name }) => name)));
  const places = new Map(saved.flatMap((layer) => placesIn(layer)));
  const byUnit = groupByUnit(written, unitsOf(units), ({ pair }) => pair.owner);
  const layers = units.map((unit): LegacyLayer => {
    const own = byUnit.get(unit) ?? [];
    return { name: unit.name, weights: inOrder(unit, own, places, version) };
  });
  const nodes = new Set(byUnit.get(undefined)?.map(({ node }) => node));
  const others = saved.flatMap(({ name, tensors }): LegacyLayer[] => {
    const kept = tensors.filter(({ tensor }) => nodes.has(tensor.node));
    if (kept.length === 0) return [];
    return [
      { name, weights: kept.map(({ tensor }) => [places.get(tensor.node)!.path, tensor.node]) },
    ];
  });
  const tree = legacyWeightsTree([...layers, ...others], weights.attributes);
  const topLevel = weights.children.get(topLevelGroup);
  if (topLevel === undefined) return tree;
  return { ...tree, children: new Map([...tree.children, [topLevelGroup, topLevel]]) };
}

interface Place {
  /** In the layer's group. */
  readonly path: string;
  readonly index: number;
}

function placesIn({ name, tensors }: SavedLayer): [Hdf5Dataset, Place][] {
  // Empty names in paths, which HDF5 passes over, are gone from a located tensor's path.
  const group = name.split("/").filter((part) => part !== "").length;
  return tensors.map(({ tensor }, index) => {
    return [tensor.node, { path: tensor.path.split("/").slice(group).join("/"), index }];
  });
}

function inOrder(
  unit: Layer,
  written: readonly Written[],
  places: ReadonlyMap<Hdf5Dataset, Place>,
  version: string | null,
): LegacyLayer["weights"] {
  const indexOf = ({ node }: Written): number => places.get(node)?.index ?? Infinity;
  const inFile = written.toSorted((a, b) => indexOf(a) - indexOf(b));
  const named = inFile.map((found) => [pathOf(found, unit, places), found.node] as const);
  const isKnown = written.every(({ pair }) => pair.variable !== null);
  const isWhole = written.every(({ node }) => places.has(node));
  // One layer's own order is the same in every model.
  if (!isKnown || (isWhole && unit.children.length === 0)) return named;
  const expected = expectedInside(unit);
  const entries = new Map(
    inFile.map(({ pair }, index) => [expectedOf(pair, expected), named[index]!]),
  );
  const present = expected.filter((candidate) => entries.has(candidate));
  return readingOrder(unit, present, version).map((candidate) => entries.get(candidate)!);
}

function expectedOf({ owner, variable }: Pair, expected: readonly Expected[]): Expected {
  return expected.find((found) => found.owner === owner && found.variable === variable)!;
}

/** Where the tensor is, or a new one's name as TensorFlow writes it. */
function pathOf(
  { pair: { owner, variable }, node }: Written,
  unit: Layer,
  places: ReadonlyMap<Hdf5Dataset, Place>,
): string {
  const known = places.get(node);
  if (known !== undefined) return known.path;
  const scopes = [unit.name, owner!.path.slice(unit.path.length + 1), variable!.name];
  return `${scopes.filter(Boolean).join("/")}:0`;
}
