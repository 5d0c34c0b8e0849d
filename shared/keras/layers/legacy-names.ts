import type { Expected } from "./legacy-order.ts";

/** Names that say nothing: given by Keras 1 and 2 where a backend's variable had none. */
const unnamed = /^(?:param|variable|weight)(?:_?\d+)?$/i;

/** Whether a weight has no name of its own: `param_0`, `Variable:0`. */
export function isUnnamed(weightName: string): boolean {
  return unnamed.test(lastPart(weightName));
}

/**
 * How well a weight's name says that it is this variable; 0 where it names another one.
 *
 * The last part decides: `kernel` in "dense/kernel:0", "lstm/lstm_cell_3/kernel" or "kernel_1"
 * (made unique), Keras 1's `W` in "dense_1_W". Of equals, the one wins that more scopes speak for:
 * the names of its layer and of the layers around that.
 */
export function nameScore(weightName: string, { owner, variable, scopes }: Expected): number {
  const parts = weightName.split("/");
  const last = lastPart(weightName);
  const bare = last.replace(/_\d+$/, "");
  const outer = new Set(parts.slice(0, -1));
  if (last.startsWith(`${owner.name}_`)) outer.add(owner.name);
  const isSpelled = variable.spellings.some(
    (spelling) => last === spelling || bare === spelling || last === `${owner.name}_${spelling}`,
  );
  if (!isSpelled) return 0;
  const isExact = variable.spellings.includes(last) || last.startsWith(`${owner.name}_`);
  return 1 + (isExact ? 1 : 0) + 2 * scopes.filter((scope) => outer.has(scope)).length;
}

/**
 * Without TensorFlow's output number: "kernel" of "dense/kernel:0". Where Keras 2.3 made a name
 * unique, Python 3 wrote the bytes' own notation: "b'rnn_1/kernel'_2" is "kernel_2"
 * (2.3.1:keras/engine/saving.py, _uniquify).
 */
export function lastPart(weightName: string): string {
  const plain = weightName.replace(/^b(['"])(.*)\1(_\d+)$/, "$2$3");
  return plain.slice(plain.lastIndexOf("/") + 1).replace(/:\d+/, "");
}

/** Scopes around a weight: "sequential" and "dense" of "sequential/dense/kernel". */
export function scopesOf(weightName: string): readonly string[] {
  return weightName.split("/").slice(0, -1);
}
