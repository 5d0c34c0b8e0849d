import { asArray } from "../../../json/access.ts";
import type { JsonNode } from "../../../json/parse.ts";
import type { Config } from "../config.ts";
import { convolutionShapes } from "./convolution-rules.ts";
import { product, shapeOf, type TensorShape } from "./tensor-shape.ts";

/** The shape of a layer's first output; null where it is not known. */
export type ShapeRule = (config: Config, inputs: readonly TensorShape[]) => TensorShape | null;

/** Rule for layers with one input, which must be known. */
type Unary = (config: Config, input: TensorShape) => TensorShape | null;

const same: Unary = (_, input) => input;

const sameShape = `
  Activation ActivityRegularization AlphaDropout BatchNormalization Dropout ELU GaussianDropout
  GaussianNoise GroupNormalization Identity LayerNormalization LeakyReLU Masking Normalization
  PReLU ParametricSoftplus RMSNormalization ReLU Rescaling SReLU Softmax SpatialDropout1D
  SpatialDropout2D SpatialDropout3D ThresholdedReLU UnitNormalization Highway RandomFlip
  RandomRotation RandomZoom RandomContrast RandomBrightness RandomTranslation MultiHeadAttention
  GroupQueryAttention GroupedQueryAttention
`;

const unary: readonly (readonly [string, Unary])[] = [
  ...sameShape
    .trim()
    .split(/\s+/)
    .map((name) => [name, same] as const),
  ["MultiHeadAttention", attention],
  ["Dense", dense],
  ["TimeDistributedDense", dense],
  ["MaxoutDense", dense],
  ["EinsumDense", einsum],
  ["Embedding", embedding],
  ["Flatten", (_, [batch = null, ...rest]) => [batch, product(rest)]],
  ["Reshape", reshape],
  ["Permute", permute],
  [
    "RepeatVector",
    (config, [batch = null, size = null]) => [batch, config.integer("n") ?? null, size],
  ],
  ["SimpleRNN", recurrent],
  ["LSTM", recurrent],
  ["GRU", recurrent],
  ["CuDNNLSTM", recurrent],
  ["CuDNNGRU", recurrent],
  ...convolutionShapes,
];

/** Shapes of layers that hold no others, by class. */
export const shapeRules: ReadonlyMap<string, ShapeRule> = new Map<string, ShapeRule>([
  ...unary.map(([name, rule]) => [name, one(rule)] as const),
  ...["Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"].map(
    (name) => [name, elementwise] as const,
  ),
  ["Concatenate", concatenate],
  ["Attention", attend],
  ["AdditiveAttention", attend],
]);

function one(rule: Unary): ShapeRule {
  return (config, [input]) => (input === undefined ? null : rule(config, input));
}

function dense(config: Config, input: TensorShape): TensorShape | null {
  const units = config.integer("units") ?? config.integer("output_dim");
  return units === undefined ? null : [...input.slice(0, -1), units];
}

/** Whole, but for the batch, where nothing in it is open. */
function einsum(config: Config, [batch = null]: TensorShape): TensorShape | null {
  const stated = shapeOf(config.node("output_shape"));
  const isElided = config.text("equation")?.includes(".") ?? true;
  return stated === null || isElided ? null : [batch, ...stated];
}

function embedding(config: Config, input: TensorShape): TensorShape {
  return [...input, config.integer("output_dim") ?? null];
}

function attention(config: Config, input: TensorShape): TensorShape {
  if (config.isNone("output_shape")) return input;
  return [...input.slice(0, -1), ...(config.integers("output_shape") ?? [null])];
}

/** -1 is what is left; only all sizes together tell. */
function reshape(config: Config, [batch = null, ...rest]: TensorShape): TensorShape | null {
  const target = shapeOf(config.node("target_shape"));
  if (target === null) return null;
  const elements = product(rest);
  const stated = product(target.filter((size) => size !== -1));
  const left = elements === null || !stated ? null : elements / stated;
  return [batch, ...target.map((size) => (size === -1 ? left : size))];
}

function permute(config: Config, input: TensorShape): TensorShape | null {
  const dims = config.integers("dims");
  return dims === undefined ? null : [input[0] ?? null, ...dims.map((dim) => input[dim] ?? null)];
}

function recurrent(config: Config, [batch = null, steps = null]: TensorShape): TensorShape {
  const units = config.integer("units") ?? config.integer("output_dim") ?? null;
  return config.flag("return_sequences", false) ? [batch, steps, units] : [batch, units];
}

/** Of the query, with the value's features. */
function attend(_: Config, [query, value]: readonly TensorShape[]): TensorShape | null {
  if (query === undefined || value === undefined) return null;
  return [...query.slice(0, -1), value.at(-1) ?? null];
}

/** Of equal shapes; broadcasting is not followed. */
function elementwise(_: Config, inputs: readonly TensorShape[]): TensorShape | null {
  const [first, ...others] = inputs;
  if (first === undefined) return null;
  return others.every((other) => other.join() === first.join()) ? first : null;
}

function concatenate(config: Config, inputs: readonly TensorShape[]): TensorShape | null {
  const [first] = inputs;
  const stated = signed(config.node("axis")) ?? -1;
  if (first === undefined) return null;
  const axis = stated < 0 ? first.length + stated : stated;
  if (inputs.some((input) => input.length !== first.length)) return null;
  const sizes = inputs.map((input) => input[axis] ?? null);
  const total = sizes.reduce((sum, size) => (sum === null || size === null ? null : sum + size), 0);
  return first.map((size, index) => (index === axis ? total : size));
}

/** Legacy H5 for Keras 3 has an axis as a list of one. */
function signed(node: JsonNode | undefined): number | null {
  const item = node?.type === "array" ? asArray(node)[0] : node;
  return item?.type === "number" ? Number(item.text) : null;
}
