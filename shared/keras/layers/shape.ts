import type { Dim, Variable } from "./variable.ts";

/** Sizes of a layer's free dimensions as its tensors have settled them. */
export type Sizes = Map<string, number>;

/**
 * Whether a tensor has the shape its variable must have, free dimensions agreeing with what `sizes`
 * says; what fits settles them.
 */
export function fits(variable: Variable, shape: readonly number[], sizes: Sizes): boolean {
  if (variable.shape === null) return true;
  return [variable.shape, ...variable.convertible].some((expected) =>
    fitsShape(expected, shape, sizes),
  );
}

function fitsShape(expected: readonly Dim[], shape: readonly number[], sizes: Sizes): boolean {
  if (expected.length !== shape.length) return false;
  const settled = new Map(sizes);
  const agrees = expected.every((dim, index) => fitsDim(dim, shape[index]!, settled));
  if (agrees) for (const [symbol, size] of settled) sizes.set(symbol, size);
  return agrees;
}

function fitsDim(dim: Dim, size: number, sizes: Sizes): boolean {
  if (dim === null) return true;
  if (typeof dim === "number") return dim === size;
  const whole = (size * dim.over) / dim.times;
  if (!Number.isInteger(whole)) return false;
  const before = sizes.get(dim.symbol);
  if (before === undefined) sizes.set(dim.symbol, whole);
  return before === undefined || before === whole;
}

/** The shape with the settled sizes filled in; null per dimension where it is free. */
export function expectedShape(variable: Variable, sizes: Sizes): readonly (number | null)[] | null {
  return (
    variable.shape?.map((dim) => {
      if (dim === null || typeof dim === "number") return dim;
      const size = sizes.get(dim.symbol);
      return size === undefined ? null : (size * dim.times) / dim.over;
    }) ?? null
  );
}
