import type { Layer } from "../layers/walk.ts";

/** Of every layer in these, or in layers in them, the one it stands in; each is in itself. */
export function unitsOf(units: readonly Layer[]): ReadonlyMap<Layer, Layer> {
  const found = new Map<Layer, Layer>();
  for (const unit of units) {
    const inside = [unit];
    for (const layer of inside) {
      found.set(layer, unit);
      inside.push(...layer.children.map((child) => child.layer));
    }
  }
  return found;
}

/** Items by the unit that their layer stands in; those of none under undefined. */
export function groupByUnit<T>(
  items: readonly T[],
  units: ReadonlyMap<Layer, Layer>,
  layerOf: (item: T) => Layer | null,
): ReadonlyMap<Layer | undefined, T[]> {
  const groups = new Map<Layer | undefined, T[]>();
  for (const item of items) {
    const layer = layerOf(item);
    const unit = layer === null ? undefined : units.get(layer);
    const group = groups.get(unit);
    if (group === undefined) groups.set(unit, [item]);
    else group.push(item);
  }
  return groups;
}
