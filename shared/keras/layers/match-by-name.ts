import type { SavedTensor } from "./legacy-file.ts";
import { isUnnamed, lastPart, nameScore, scopesOf } from "./legacy-names.ts";
import type { Expected } from "./legacy-order.ts";
import { fits } from "./shape.ts";

/** Candidates looked at per tensor: names decide among few; a file of one name for all ends here. */
const mostCandidates = 64;

/**
 * Which variable each tensor is by its name: the last part says which variable, scopes say of which
 * layer, of equals the shape decides, then the order. Tensors without a name are the variables that
 * are left, in order.
 *
 * @param strangers names of layers inside whose variables are unknown; what their scope holds is theirs
 */
export function matchByName(
  expected: readonly Expected[],
  tensors: readonly SavedTensor[],
  strangers: ReadonlySet<string>,
): ReadonlyMap<SavedTensor, Expected> {
  const taken = new Map<SavedTensor, Expected>();
  const index = indexOf(expected);
  const free = new Set(expected);
  const take = (saved: SavedTensor, found: Expected | undefined): void => {
    if (found === undefined) return;
    taken.set(saved, found);
    free.delete(found);
    for (const key of keysOf(found)) index.get(key)?.delete(found);
  };
  for (const saved of tensors) take(saved, bestByName(saved, index, strangers));
  const unnamed = tensors.filter((saved) => !taken.has(saved) && isUnnamed(saved.name));
  const isComplete = unnamed.length === free.size;
  for (const saved of unnamed) take(saved, isComplete ? first(free) : firstOfShape(free, saved));
  return taken;
}

/** Variables that no tensor is yet, by their keys. */
type Index = ReadonlyMap<string, Set<Expected>>;

function indexOf(expected: readonly Expected[]): Index {
  const index = new Map<string, Set<Expected>>();
  for (const found of expected) {
    for (const key of keysOf(found)) {
      const list = index.get(key);
      if (list === undefined) index.set(key, new Set([found]));
      else list.add(found);
    }
  }
  return index;
}

/** A spelling, alone, after the layer's name as in Keras 1, and with each scope. */
function keysOf({ owner, variable, scopes }: Expected): readonly string[] {
  return variable.spellings.flatMap((spelling) => [
    spelling,
    `${owner.name}_${spelling}`,
    ...scopes.map((scope) => `${scope}/${spelling}`),
  ]);
}

function bestByName(
  saved: SavedTensor,
  index: Index,
  strangers: ReadonlySet<string>,
): Expected | undefined {
  const last = lastPart(saved.name);
  const scopes = scopesOf(saved.name);
  for (const spelling of new Set([last, last.replace(/_\d+$/, "")])) {
    for (const key of [...scopes.toReversed().map((scope) => `${scope}/${spelling}`), spelling]) {
      const candidates = firstFew(index.get(key) ?? []).filter(({ scopes: own }) =>
        scopes.every((scope) => !strangers.has(scope) || own.includes(scope)),
      );
      const best = bestOf(candidates, saved);
      if (best !== undefined) return best;
    }
  }
  return undefined;
}

function bestOf(candidates: readonly Expected[], saved: SavedTensor): Expected | undefined {
  let best: { expected: Expected; score: number } | undefined;
  for (const expected of candidates) {
    const score = nameScore(saved.name, expected) + (hasShape(expected, saved) ? 0.5 : 0);
    if (best === undefined || score > best.score) best = { expected, score };
  }
  return best?.expected;
}

function firstFew(list: Iterable<Expected>): readonly Expected[] {
  const few: Expected[] = [];
  for (const expected of list) {
    few.push(expected);
    if (few.length === mostCandidates) break;
  }
  return few;
}

function first(free: ReadonlySet<Expected>): Expected | undefined {
  for (const expected of free) return expected;
  return undefined;
}

function firstOfShape(free: ReadonlySet<Expected>, saved: SavedTensor): Expected | undefined {
  let looked = 0;
  for (const expected of free) {
    if (hasShape(expected, saved)) return expected;
    if ((looked += 1) === mostCandidates) break;
  }
  return undefined;
}

function hasShape({ variable }: Expected, { tensor }: SavedTensor): boolean {
  return fits(variable, tensor.node.shape ?? [], new Map());
}
