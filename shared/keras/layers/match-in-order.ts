import type { SavedTensor } from "./legacy-file.ts";
import { isUnnamed, nameScore, scopesOf } from "./legacy-names.ts";
import type { Expected } from "./legacy-order.ts";
import { fits, type Sizes } from "./shape.ts";
import type { Layer } from "./walk.ts";

/**
 * The variables of tensors that stand in one of Keras's orders, with names and shapes that agree:
 * of all variables, else with some left out. Undefined where no order fits.
 */
export function matchInOrder(
  orders: readonly (readonly Expected[])[],
  tensors: readonly SavedTensor[],
): ReadonlyMap<SavedTensor, Expected> | undefined {
  const owners = new Set(orders.flat().map(({ owner }) => owner));
  // Recurrent cells are numbered per process, so that a file may have one's name for another.
  const named = [...owners].filter(({ className }) => !className.endsWith("Cell"));
  const names = new Set(named.map(({ name }) => name));
  for (const order of orders.filter(({ length }) => length === tensors.length)) {
    const found = align(order, tensors, names);
    if (found !== undefined) return found;
  }
  if (tensors.length === 0) return undefined;
  for (const order of orders.filter(({ length }) => length > tensors.length)) {
    const found = align(order, tensors, names);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Each tensor is the next variable that it can be. */
function align(
  order: readonly Expected[],
  tensors: readonly SavedTensor[],
  names: ReadonlySet<string>,
): ReadonlyMap<SavedTensor, Expected> | undefined {
  const sizes = new Map<Layer, Sizes>();
  const found = new Map<SavedTensor, Expected>();
  let next = 0;
  for (const saved of tensors) {
    let expected = order[next];
    while (expected && !(isNamedLike(saved, expected, names) && hasShape(saved, expected, sizes))) {
      expected = order[(next += 1)];
    }
    if (expected === undefined || order.length - next < tensors.length - found.size)
      return undefined;
    found.set(saved, expected);
    next += 1;
  }
  return found;
}

/** Not where a scope is the name of another layer. */
function isNamedLike(
  { name }: SavedTensor,
  expected: Expected,
  names: ReadonlySet<string>,
): boolean {
  const innermost = scopesOf(name).findLast((scope) => names.has(scope));
  if (innermost !== undefined && !expected.scopes.includes(innermost)) return false;
  return isUnnamed(name) || nameScore(name, expected) > 0;
}

function hasShape({ tensor }: SavedTensor, expected: Expected, sizes: Map<Layer, Sizes>): boolean {
  const settled = sizes.get(expected.owner) ?? new Map<string, number>();
  sizes.set(expected.owner, settled);
  return fits(expected.variable, tensor.node.shape ?? [], settled);
}
