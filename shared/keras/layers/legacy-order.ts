import { expectationOf } from "./expected.ts";
import type { Variable } from "./variable.ts";
import type { Layer } from "./walk.ts";

/** A variable that one group of a legacy file is expected to hold. */
export interface Expected {
  readonly owner: Layer;
  readonly variable: Variable;
  /** Names of the layers around it up to the group's, and the variable's own scope. */
  readonly scopes: readonly string[];
}

/** All variables of a layer and the layers inside it; second copies are in v3 files only. */
export function expectedInside(layer: Layer): readonly Expected[] {
  return [...expand(layer, [])];
}

function* expand(layer: Layer, outer: readonly string[]): Iterable<Expected> {
  const scopes = [...outer, layer.name];
  for (const variable of expectationOf(layer).variables) {
    if (variable.isCopy) continue;
    const own = variable.name.split("/").slice(0, -1);
    yield { owner: layer, variable, scopes: [...scopes, ...own] };
  }
  for (const { layer: child } of layer.children) yield* expand(child, scopes);
}

/**
 * Orders in which versions of Keras store these variables. All store trainable ones first; they
 * differ in what freezing does (verified for a frozen layer and a frozen submodel):
 *
 * - tf.keras and Keras 3: what is frozen joins the non-trainable ones, layer by layer;
 * - Keras 1 and 2: the frozen model's trainable ones, then its non-trainable ones;
 * - flags that the config does not tell: as if nothing was frozen; or plainly layer by layer.
 */
export function storageOrders(layer: Layer, expected: readonly Expected[]): readonly Expected[][] {
  const byOwner = new Map<Layer, Expected[]>();
  for (const found of expected)
    byOwner.set(found.owner, [...(byOwner.get(found.owner) ?? []), found]);
  // The rules differ in how they join the lists of several layers.
  if (layer.children.length === 0) return [layerByLayer(layer, byOwner)];
  const orders = [freezeByLayer, freezeByKind, ignoreFreezing].map((rule) => {
    const { trainable, frozen } = sort(layer, byOwner, rule);
    return [...trainable, ...frozen];
  });
  return [...orders, layerByLayer(layer, byOwner)];
}

/**
 * The one of these orders in which a version of Keras reads weights into the model that the config
 * describes: multi-backend Keras (to 2.3) joins frozen variables otherwise than its successors.
 */
export function readingOrder(
  layer: Layer,
  expected: readonly Expected[],
  version: string | null,
): readonly Expected[] {
  const orders = storageOrders(layer, expected);
  const isMultiBackend = /^(?:1|2\.[0-3])\.(?!.*-tf)/.test(version ?? "");
  return (isMultiBackend ? orders[1] : undefined) ?? orders[0]!;
}

interface Sorted {
  readonly trainable: readonly Expected[];
  readonly frozen: readonly Expected[];
}

/** What becomes of a layer's two lists, of its own and of each layer inside, when it is frozen. */
type Rule = (isFrozen: boolean, parts: readonly Sorted[]) => Sorted;

function sort(layer: Layer, byOwner: ReadonlyMap<Layer, readonly Expected[]>, rule: Rule): Sorted {
  const own = byOwner.get(layer) ?? [];
  const parts: Sorted[] = [
    {
      trainable: own.filter(({ variable }) => variable.trainable),
      frozen: own.filter(({ variable }) => !variable.trainable),
    },
    ...layer.children.map((child) => sort(child.layer, byOwner, rule)),
  ];
  return rule(!layer.trainable, parts);
}

const freezeByLayer: Rule = (isFrozen, parts) =>
  isFrozen
    ? { trainable: [], frozen: parts.flatMap(({ trainable, frozen }) => [...trainable, ...frozen]) }
    : joined(parts);

const freezeByKind: Rule = (isFrozen, parts) => {
  const { trainable, frozen } = joined(parts);
  return isFrozen ? { trainable: [], frozen: [...trainable, ...frozen] } : { trainable, frozen };
};

const ignoreFreezing: Rule = (_, parts) => joined(parts);

function joined(parts: readonly Sorted[]): Sorted {
  return {
    trainable: parts.flatMap(({ trainable }) => trainable),
    frozen: parts.flatMap(({ frozen }) => frozen),
  };
}

function layerByLayer(layer: Layer, byOwner: ReadonlyMap<Layer, readonly Expected[]>): Expected[] {
  const own = byOwner.get(layer) ?? [];
  return [
    ...own.filter(({ variable }) => variable.trainable),
    ...layer.children.flatMap((child) => layerByLayer(child.layer, byOwner)),
    ...own.filter(({ variable }) => !variable.trainable),
  ];
}
