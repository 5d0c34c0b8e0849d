import { computedRange } from "../../bytes/computed-source.ts";
import type { ByteRange } from "../../bytes/source.ts";
import { asNumber, asString, member } from "../../json/access.ts";
import type { JsonNode } from "../../json/parse.ts";
import { configOf, type Config } from "../layers/config.ts";
import type { Variable } from "../layers/variable.ts";
import type { Layer } from "../layers/walk.ts";
import { elementsOf } from "../../tensors/elements.ts";

/** What a variable starts with. */
export interface InitialValue {
  /** For people: "zeros", "glorot_uniform, seed 7". */
  readonly name: string;
  /** The element at `index` of a variable of this shape, row-major. */
  element(index: number, shape: readonly number[]): number;
}

export const zeros: InitialValue = constant("zeros", 0);

function constant(name: string, value: number): InitialValue {
  return { name, element: () => value };
}

/**
 * What Keras would start the variable with, where that takes no random numbers: by the layer's
 * `…_initializer`, or the class's default where the config does not name one.
 *
 * @returns the initializer's name where it is random or not known
 */
export function initialValue(layer: Layer, { name }: Variable): InitialValue | string {
  const config = configOf(layer);
  const last = name.slice(name.lastIndexOf("/") + 1);
  if (last === "bias" && isForgetBias(config)) return forgetBias;
  const stated = initializerOf(config, last);
  if (stated === undefined) return defaults.get(last) ?? "an initializer that is not known";
  const className = asString(stated) ?? asString(member(stated, "class_name")) ?? "";
  const plain = className.slice(className.lastIndexOf(">") + 1).toLowerCase();
  if (plain === "zeros" || plain === "zero") return zeros;
  if (plain === "ones" || plain === "one") return ones;
  const value = asNumber(member(stated, "config", "value")) ?? 0;
  if (plain === "constant" && Number.isFinite(value)) return constant(`constant ${value}`, value);
  return className || "an initializer that is not known";
}

const ones = constant("ones", 1);

/** What layers of every version take where the config has no initializer for a variable. */
const defaults: ReadonlyMap<string, InitialValue> = new Map([
  ["bias", zeros],
  ["b", zeros],
  ["alpha", zeros],
  ["beta", zeros],
  ["gamma", ones],
  ["scale", ones],
  ["moving_mean", zeros],
  ["moving_variance", ones],
]);

/** Keywords that do not have the variable's own name (Keras 2 and 3, their layers' __init__). */
const keywords: Readonly<Record<string, string>> = {
  depthwise_kernel: "depthwise",
  pointwise_kernel: "pointwise",
  recurrent_kernel: "recurrent",
};

function initializerOf(config: Config, variable: string): JsonNode | undefined {
  const keyword = keywords[variable] ?? variable;
  const found = config.node(`${keyword}_initializer`);
  return found?.type === "literal" ? undefined : found;
}

/** LSTM's forget gate starts open: ones in the second of its four parts. */
function isForgetBias(config: Config): boolean {
  return /LSTM/.test(config.layer.className) && config.flag("unit_forget_bias", false);
}

const forgetBias: InitialValue = {
  name: "zeros, ones for the forget gate",
  element(index, shape) {
    const units = shape.at(-1)! / 4;
    return Math.floor((index % shape.at(-1)!) / units) === 1 ? 1 : 0;
  },
};

/**
 * Glorot's uniform distribution (Keras's default for kernels), of numbers that depend on seed, name
 * and place alone. They are not those that Keras draws for the same seed.
 */
export function glorot(seed: number, name: string): InitialValue {
  const start = hash(seed, [...Buffer.from(name)]);
  return {
    name: `glorot_uniform, seed ${seed}`,
    element(index, shape) {
      const [inputs, outputs] = fans(shape);
      const limit = Math.sqrt(6 / (inputs + outputs));
      const high = hash(start, [index >>> 0, Math.floor(index / 2 ** 32)]);
      return (high / 2 ** 32) * 2 * limit - limit;
    },
  };
}

/** keras/src/initializers/random_initializers.py, `compute_fans`. */
function fans(shape: readonly number[]): [inputs: number, outputs: number] {
  if (shape.length < 2) return [shape[0] ?? 1, shape[0] ?? 1];
  const field = shape.slice(0, -2).reduce((product, size) => product * size, 1);
  return [shape.at(-2)! * field, shape.at(-1)! * field];
}

/** 32 bits that every bit of the words changes: MurmurHash3's mixing of each and its finish. */
function hash(seed: number, words: readonly number[]): number {
  let mixed = seed | 0;
  for (const word of words) {
    let key = Math.imul(word, 0xcc9e2d51);
    key = (key << 15) | (key >>> 17);
    mixed ^= Math.imul(key, 0x1b873593);
    mixed = (mixed << 13) | (mixed >>> 19);
    mixed = (Math.imul(mixed, 5) + 0xe6546b64) | 0;
  }
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** @returns undefined where the dtype is none of numbers */
export function initialRange(
  name: string,
  value: InitialValue,
  dtype: string,
  shape: readonly number[],
): ByteRange | undefined {
  const elements = elementsOf(dtype);
  if (elements === undefined) return undefined;
  const count = shape.reduce((product, size) => product * size, 1);
  return computedRange(name, count, elements.size, (view, at, index) =>
    elements.write(view, at, value.element(index, shape)),
  );
}
