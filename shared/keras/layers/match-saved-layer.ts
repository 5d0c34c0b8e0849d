import { expectationOf, isBuiltin } from "./expected.ts";
import type { SavedTensor } from "./legacy-file.ts";
import { isUnnamed, nameScore, scopesOf } from "./legacy-names.ts";
import { expectedInside, storageOrders, type Expected } from "./legacy-order.ts";
import { missing, unattributed, type Pair } from "./pairing.ts";
import { fits, type Sizes } from "./shape.ts";
import type { Layer } from "./walk.ts";

/**
 * Pairs the tensors that a legacy file has in one group with the variables of the layer, and of all
 * layers inside it: Keras reads them by position, so a file's own order must be one in which Keras
 * stores; names then say whether it is. Where no order fits, names decide alone.
 */
export function matchSavedLayer(
  layer: Layer,
  tensors: readonly SavedTensor[],
  twins: ReadonlyMap<Layer, Layer>,
): readonly Pair[] {
  const expected = expectedInside(layer);
  const orders = candidateOrders(layer, expected, twins);
  const fitting = orders.find((order) => fitsOrder(order, tensors));
  if (fitting !== undefined) {
    return inModelOrder(
      expected,
      tensors.map((saved, index) => paired(fitting[index]!, saved, null)),
    );
  }
  return matchByName(layer, expected, orders, tensors);
}

/** Also without variables that may be absent, and without those of layers that stand there twice. */
function candidateOrders(
  layer: Layer,
  expected: readonly Expected[],
  twins: ReadonlyMap<Layer, Layer>,
): readonly Expected[][] {
  const required = expected.filter(({ variable }) => !variable.optional);
  const owners = new Set(expected.map(({ owner }) => owner));
  const single = required.filter(({ owner }) => !owners.has(twins.get(owner)!));
  return [expected, required, single].flatMap((variables) => storageOrders(layer, variables));
}

function fitsOrder(order: readonly Expected[], tensors: readonly SavedTensor[]): boolean {
  if (order.length !== tensors.length) return false;
  const sizes = new Map<Layer, Sizes>();
  return order.every((expected, index) => {
    const saved = tensors[index]!;
    return isNamedLike(saved, expected) && hasShape(saved, expected, sizes);
  });
}

function isNamedLike({ name }: SavedTensor, expected: Expected): boolean {
  return isUnnamed(name) || nameScore(name, expected) > 0;
}

function hasShape({ tensor }: SavedTensor, expected: Expected, sizes: Map<Layer, Sizes>): boolean {
  const settled = sizes.get(expected.owner) ?? new Map<string, number>();
  sizes.set(expected.owner, settled);
  return fits(expected.variable, tensor.node.shape ?? [], settled);
}

function matchByName(
  layer: Layer,
  expected: readonly Expected[],
  orders: readonly Expected[][],
  tensors: readonly SavedTensor[],
): readonly Pair[] {
  const taken = new Map<SavedTensor, Expected>();
  const free = new Set(expected);
  for (const saved of tensors) {
    const best = bestByName(saved, free);
    if (best === undefined) continue;
    taken.set(saved, best);
    free.delete(best);
  }
  takeUnnamed(tensors, taken, free);
  const isMisplaced = misplaced(tensors, taken, orders);
  const pairs: Pair[] = [];
  for (const saved of tensors) {
    const found = taken.get(saved);
    if (found !== undefined) pairs.push(paired(found, saved, isMisplaced(saved) ? "order" : null));
    else pairs.push(unknownTensor(layer, saved));
  }
  const cannotTell = isOpenInside(layer) && tensors.some((saved) => isUnnamed(saved.name));
  for (const { owner, variable } of free) {
    if (!variable.optional && !cannotTell && !isOpaque(layer, owner))
      pairs.push(missing(owner, variable));
  }
  return inModelOrder(expected, pairs);
}

/** The variable whose name fits best; of equals, one of the tensor's shape, then the first. */
function bestByName(saved: SavedTensor, free: ReadonlySet<Expected>): Expected | undefined {
  let best: { expected: Expected; score: number } | undefined;
  for (const expected of free) {
    const named = nameScore(saved.name, expected);
    if (named === 0) continue;
    const score =
      named + (fits(expected.variable, saved.tensor.node.shape ?? [], new Map()) ? 0.5 : 0);
    if (best === undefined || score > best.score) best = { expected, score };
  }
  return best?.expected;
}

/** Tensors without a name are the variables that are left, in order, where their number fits. */
function takeUnnamed(
  tensors: readonly SavedTensor[],
  taken: Map<SavedTensor, Expected>,
  free: Set<Expected>,
): void {
  const left = tensors.filter((saved) => !taken.has(saved) && isUnnamed(saved.name));
  for (const saved of left) {
    const sized = [...free].find((expected) =>
      fits(expected.variable, saved.tensor.node.shape ?? [], new Map()),
    );
    const next = left.length === free.size ? [...free][0] : sized;
    if (next === undefined) continue;
    taken.set(saved, next);
    free.delete(next);
  }
}

/** Which tensors stand where Keras reads another variable, in none of its orders rightly. */
function misplaced(
  tensors: readonly SavedTensor[],
  taken: ReadonlyMap<SavedTensor, Expected>,
  orders: readonly Expected[][],
): (saved: SavedTensor) => boolean {
  if (tensors.some((saved) => !taken.has(saved))) return () => false;
  const comparable = orders.filter((order) => order.length === tensors.length);
  const wrong = comparable.map((order) =>
    tensors.filter((saved, index) => taken.get(saved) !== order[index]),
  );
  const fewest = wrong.toSorted((a, b) => a.length - b.length)[0] ?? [];
  return (saved) => fewest.includes(saved);
}

function paired(expected: Expected, { name, tensor }: SavedTensor, problem: "order" | null): Pair {
  const { owner, variable } = expected;
  const how = isUnnamed(name) ? "position" : "name";
  return { owner, variable, tensor, how, duplicate: false, problem };
}

/** Of the innermost layer of unknown variables that its name tells of, else of the group's. */
function unknownTensor(layer: Layer, { name, tensor }: SavedTensor): Pair {
  const scopes = new Set(scopesOf(name));
  let owner = layer;
  const find = (candidate: Layer): void => {
    if (scopes.has(candidate.name) && isOpen(candidate)) owner = candidate;
    for (const child of candidate.children) find(child.layer);
  };
  find(layer);
  return unattributed(owner, tensor, isOpenInside(layer) ? null : "extra");
}

function isOpen(layer: Layer): boolean {
  return expectationOf(layer).isOpen || !isBuiltin(layer);
}

function isOpenInside(layer: Layer): boolean {
  return isOpen(layer) || layer.children.some((child) => isOpenInside(child.layer));
}

/** Whether `owner` stands in a custom layer, `layer` or one inside it. */
function isOpaque(layer: Layer, owner: Layer): boolean {
  if (!isBuiltin(layer)) return true;
  if (layer === owner) return false;
  return layer.children.some(
    (child) => contains(child.layer, owner) && isOpaque(child.layer, owner),
  );
}

function contains(layer: Layer, owner: Layer): boolean {
  return layer === owner || layer.children.some((child) => contains(child.layer, owner));
}

function inModelOrder(expected: readonly Expected[], pairs: readonly Pair[]): readonly Pair[] {
  const places = new Map<unknown, number>();
  for (const [index, { owner, variable }] of expected.entries()) {
    if (!places.has(variable)) places.set(variable, index);
    if (!places.has(owner)) places.set(owner, index);
  }
  const place = ({ variable, owner }: Pair): number =>
    places.get(variable) ?? places.get(owner) ?? expected.length;
  return pairs.toSorted((a, b) => place(a) - place(b));
}
