import { expectationOf, isOpaque } from "./expected.ts";
import type { Layer } from "./walk.ts";

/** What cannot be told about a layer and those inside it. */
export interface Inside {
  /** Layers that may have more variables than are known, by name. */
  readonly open: ReadonlyMap<string, Layer>;
  /** Layers that stand in one nothing is known of. */
  readonly unchecked: ReadonlySet<Layer>;
}

export function lookInside(layer: Layer): Inside {
  const open = new Map<string, Layer>();
  const unchecked = new Set<Layer>();
  const visit = (inner: Layer, isUnchecked: boolean): void => {
    if (isUnchecked) unchecked.add(inner);
    if (expectationOf(inner).isOpen) open.set(inner.name, inner);
    const isOutside = isUnchecked || isOpaque(inner);
    for (const child of inner.children) visit(child.layer, isOutside);
  };
  visit(layer, false);
  return { open, unchecked };
}
