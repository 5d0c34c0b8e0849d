import { lookInside, type Inside } from "./inside.ts";
import type { SavedTensor } from "./legacy-file.ts";
import { matchByName } from "./match-by-name.ts";
import { matchInOrder } from "./match-in-order.ts";
import { isUnnamed, lastPart, scopesOf } from "./legacy-names.ts";
import { expectedInside, readingOrder, storageOrders, type Expected } from "./legacy-order.ts";
import { missing, unattributed, type Pair } from "./pairing.ts";
import type { Variable } from "./variable.ts";
import type { Layer } from "./walk.ts";

/**
 * Pairs the tensors that a legacy file has in one group with the variables of the layer, and of all
 * layers inside it: Keras reads them by position, so a file's own order must be one in which Keras
 * stores; names then say whether it is. Where no order fits, names decide alone.
 *
 * @param reader the version that is to read them with this config; undefined where the config is the
 *   file's own, which may not tell what was frozen when it was saved
 */
export function matchSavedLayer(
  layer: Layer,
  tensors: readonly SavedTensor[],
  twins: ReadonlyMap<Layer, Layer>,
  reader?: Reader,
): readonly Pair[] {
  const expected = expectedInside(layer);
  const inside = lookInside(layer);
  const strangers = new Set(inside.open.keys());
  const orders = candidateOrders(layer, expected, twins, reader);
  const taken = matchInOrder(orders, tensors) ?? matchByName(expected, tensors, strangers);
  const values = new Set(taken.values());
  const found = new Set([...values].map(({ owner }) => twins.get(owner) ?? owner));
  const isStoredOnce = ({ owner }: Expected): boolean =>
    taken.size === tensors.length && twins.has(owner) && found.has(twins.get(owner)!);
  return pairTensors(
    layer,
    inside,
    expected.filter((candidate) => values.has(candidate) || !isStoredOnce(candidate)),
    tensors,
    taken,
    orders,
  );
}

/** Also without variables that may be absent, and without those of layers that stand there twice. */
function candidateOrders(
  layer: Layer,
  expected: readonly Expected[],
  twins: ReadonlyMap<Layer, Layer>,
  reader: Reader | undefined,
): readonly (readonly Expected[])[] {
  const required = expected.filter(({ variable }) => !variable.optional);
  const owners = new Set(expected.map(({ owner }) => owner));
  const single = required.filter(({ owner }) => !owners.has(twins.get(owner)!));
  const lists = [expected, required, single].filter(
    ({ length }, index, all) => index === 0 || length < all[index - 1]!.length,
  );
  return lists.flatMap((variables): readonly (readonly Expected[])[] =>
    reader === undefined
      ? storageOrders(layer, variables)
      : [readingOrder(layer, variables, reader.version)],
  );
}

export interface Reader {
  readonly version: string | null;
}

function pairTensors(
  layer: Layer,
  inside: Inside,
  expected: readonly Expected[],
  tensors: readonly SavedTensor[],
  taken: ReadonlyMap<SavedTensor, Expected>,
  orders: readonly (readonly Expected[])[],
): readonly Pair[] {
  const hasUnknown = inside.open.size > 0;
  const isMisplaced = hasUnknown ? () => false : misplaced(tensors, taken, orders);
  const pairs = tensors.map((saved) => {
    const found = taken.get(saved);
    if (found === undefined) return unknownTensor(layer, inside, saved);
    return paired(found, saved, isMisplaced(saved) ? "order" : null);
  });
  const found = new Set(taken.values());
  const cannotTell = hasUnknown && tensors.some((saved) => isUnnamed(saved.name));
  const absent = expected.filter(
    (candidate) =>
      !found.has(candidate) &&
      !candidate.variable.optional &&
      !inside.unchecked.has(candidate.owner),
  );
  const missed = cannotTell ? [] : absent.map(({ owner, variable }) => missing(owner, variable));
  return inModelOrder(expected, [...pairs, ...missed]);
}

/** Which tensors stand where Keras reads another variable, in none of its orders rightly. */
function misplaced(
  tensors: readonly SavedTensor[],
  taken: ReadonlyMap<SavedTensor, Expected>,
  orders: readonly (readonly Expected[])[],
): (saved: SavedTensor) => boolean {
  if (tensors.some((saved) => !taken.has(saved))) return () => false;
  const comparable = orders.filter((order) => order.length === tensors.length);
  const wrong = comparable.map((order) =>
    tensors.filter((saved, index) => taken.get(saved) !== order[index]),
  );
  const fewest = new Set(wrong.toSorted((a, b) => a.length - b.length)[0]);
  return (saved) => fewest.has(saved);
}

function paired(expected: Expected, { name, tensor }: SavedTensor, problem: "order" | null): Pair {
  const { owner, variable } = expected;
  const how = isUnnamed(name) ? "position" : "name";
  const spelling = spelledName(name, variable);
  return { owner, variable, spelling, tensor, how, duplicate: false, problem, place: null };
}

/** The name with the last part as the file spells it: `depthwise_kernel` of Keras 2. */
function spelledName(weightName: string, { name, spellings }: Variable): string | null {
  const last = lastPart(weightName);
  return spellings.includes(last) ? name.slice(0, name.lastIndexOf("/") + 1) + last : null;
}

/** Of the innermost layer of unknown variables that its name tells of, else of the group's. */
function unknownTensor(layer: Layer, { open }: Inside, { name, tensor }: SavedTensor): Pair {
  const scope = scopesOf(name).findLast((found) => open.has(found));
  const owner = scope === undefined ? layer : open.get(scope)!;
  const spelling = isUnnamed(name) ? null : lastPart(name);
  return unattributed(owner, tensor, open.size > 0 ? null : "extra", spelling);
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
