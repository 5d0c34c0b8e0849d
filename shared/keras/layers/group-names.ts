import { expectationOf, isOperation } from "./expected.ts";
import { toSnakeCase } from "./snake-case.ts";
import type { Layer } from "./walk.ts";

/**
 * Groups that a model's layers have in a v3 file, below `layers` or `_layer_checkpoint_dependencies`:
 * the class in snake case, numbered per class in model order (saving_lib.py, _save_container_state).
 * `present` are the groups in the file that hold tensors. Writers count in different ways:
 *
 * - once per layer: Keras 3;
 * - once per layer that was not stored before, elsewhere in the model: TF 2.14 to tf_keras;
 * - twice per layer with weights, which a dictionary lists twice: TF 2.12 and 2.13, where the second
 *   Dense is `dense_2`.
 *
 * The way that accounts for more of the groups is taken, by the version where several do and where
 * there are none, as in a new file.
 */
export function groupNames(
  layers: readonly Layer[],
  present: ReadonlySet<string>,
  twins: ReadonlyMap<Layer, Layer>,
  version: string | null,
): ReadonlyMap<Layer, string> {
  const stored = layers.filter((layer) => !isOperation(layer));
  const number = (counted: readonly Layer[], step: (layer: Layer) => number): Names =>
    numbered(counted, present, step);
  const once = number(stored, () => 1);
  const anew = number(
    stored.filter((layer) => !twins.has(layer)),
    () => 1,
  );
  const twice = [true, false].map((customHasWeights) =>
    number(stored, (layer) => (hasWeights(layer, customHasWeights) ? 2 : 1)),
  );
  const isDoubling = /^2\.1[23]\b/.test(version ?? "");
  const candidates = isDoubling ? [...twice, once, anew] : [once, anew, ...twice];
  if (present.size === 0) {
    if (isDoubling) return twice[0]!;
    return version?.startsWith("2.") ? anew : once;
  }
  const scores = candidates.map((names) => score(names, present));
  return candidates[scores.indexOf(Math.max(...scores))]!;
}

type Names = ReadonlyMap<Layer, string>;

function numbered(
  layers: readonly Layer[],
  present: ReadonlySet<string>,
  step: (layer: Layer) => number,
): Names {
  const counters = new Map<string, number>();
  const names = new Map<Layer, string>();
  for (const layer of layers) {
    const base = baseName(layer, present);
    const count = counters.get(base) ?? 0;
    names.set(layer, count === 0 ? base : `${base}_${count}`);
    counters.set(base, count + step(layer));
  }
  return names;
}

/** Configs have the name a class is exported by; groups have its own. */
const exportedAs = new Map([["GroupQueryAttention", "GroupedQueryAttention"]]);

/** Keras 2 puts "private" before a name that begins with "_" (generic_utils.py, to_snake_case). */
function baseName({ className }: Layer, present: ReadonlySet<string>): string {
  const name = toSnakeCase(exportedAs.get(className) ?? className);
  return name.startsWith("_") && present.has(`private${name}`) ? `private${name}` : name;
}

/** Groups that are there, less layers that would be without theirs. */
function score(names: Names, present: ReadonlySet<string>): number {
  let total = 0;
  for (const [layer, name] of names) {
    if (present.has(name)) total += 1;
    else if (hasWeights(layer, false)) total -= 1;
  }
  return total;
}

/** Whether it has variables, own or inside; a custom class may have some. */
function hasWeights(layer: Layer, customHasWeights: boolean): boolean {
  const { variables, isOpen } = expectationOf(layer);
  return (
    variables.some(({ optional }) => !optional) ||
    (isOpen && customHasWeights) ||
    layer.children.some((child) => hasWeights(child.layer, customHasWeights))
  );
}
