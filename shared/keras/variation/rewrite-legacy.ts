import type { Hdf5Dataset, Hdf5Group } from "../../hdf5/model.ts";
import { readSavedLayers, topLevelGroup, type SavedLayer } from "../layers/legacy-file.ts";
import { expectedInside, storageOrders, type Expected } from "../layers/legacy-order.ts";
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
 * A legacy tree of other tensors: in the order of the model's layers, in each in an order that Keras
 * stores and reads.
 *
 * @param keepsOrder the order that the weights had says which
 */
export function rewriteLegacy(
  { root, version }: Target,
  weights: Hdf5Group,
  written: readonly Written[],
  { keepsOrder }: { readonly keepsOrder: boolean },
): Hdf5Group {
  const saved = readSavedLayers(weights);
  const units = savedUnits(root, new Set(saved.map(({ name }) => name)));
  const places = new Map(saved.flatMap((layer) => placesIn(layer)));
  const byUnit = groupByUnit(written, unitsOf(units), ({ pair }) => pair.owner);
  const layers = units.map((unit): LegacyLayer => {
    const own = byUnit.get(unit) ?? [];
    return { name: unit.name, weights: inOrder(unit, own, places, { version, keepsOrder }) };
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
  { version, keepsOrder }: Pick<Target, "version"> & { keepsOrder: boolean },
): LegacyLayer["weights"] {
  const indexOf = ({ node }: Written): number => places.get(node)?.index ?? Infinity;
  const inFile = written.toSorted((a, b) => indexOf(a) - indexOf(b));
  const named = inFile.map((found) => [pathOf(found, unit, places), found.node] as const);
  if (written.some(({ pair }) => pair.variable === null)) return named;
  const expected = expectedInside(unit);
  const byVariable = new Map(
    inFile.map((found, index) => [
      expectedOf(found.pair, expected),
      { index, entry: named[index]! },
    ]),
  );
  const present = expected.filter((candidate) => byVariable.has(candidate));
  const orders = storageOrders(unit, present);
  // Multi-backend Keras joins frozen variables in another way than tf.keras and Keras 3.
  const first = /^[12]\.(?!.*-tf)/.test(version ?? "") ? (orders[1] ?? orders[0]!) : orders[0]!;
  const keeps = (order: readonly Expected[]): boolean => {
    const indices = order.map((candidate) => byVariable.get(candidate)!);
    const old = indices.filter(({ entry }) => places.has(entry[1])).map(({ index }) => index);
    return old.every((index, at) => at === 0 || index > old[at - 1]!);
  };
  const chosen = (keepsOrder ? orders.find(keeps) : undefined) ?? first;
  return chosen.map((candidate) => byVariable.get(candidate)!.entry);
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
