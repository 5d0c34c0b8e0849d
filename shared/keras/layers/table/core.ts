import { asArray, asInteger } from "../../../json/access.ts";
import type { Config } from "../config.ts";
import { closed, dim, fixed, unknown, variable, type Dim, type Expectation } from "../variable.ts";
import type { Table } from "./row.ts";

/** keras/src/layers/core of Keras 3, keras/layers/core of Keras 2. */
export const coreLayers: Table = [
  ["Dense", dense],
  ["EinsumDense", einsumDense],
  ["Embedding", embedding],
  ["ReversibleEmbedding", reversibleEmbedding],
  ["PReLU", prelu],
  ["RandomFourierFeatures", randomFourierFeatures],
];

function dense(config: Config): Expectation {
  if (!config.has("units")) return unknown;
  const units = fixed(config.integer("units"));
  return closed(
    variable("kernel", [dim("in"), units]),
    config.flag("use_bias", true) && variable("bias", [units]),
  );
}

/**
 * The kernel has one dimension per letter of the equation's second operand. Of its sizes the config
 * tells those that stand in the output; both operands may have an ellipsis, the kernel may not.
 */
function einsumDense(config: Config): Expectation {
  const equation = config.text("equation");
  const letters = /^[^,]*,([a-zA-Z]+)->/.exec((equation ?? "").replaceAll(" ", ""))?.[1];
  const biasAxes = config.text("bias_axes");
  if (equation === undefined) return unknown;
  const output = equation.slice(equation.indexOf("->") + 2).replaceAll(" ", "");
  const sizes = outputSizes(config, output);
  const sizeOf = (letter: string): Dim => sizes.get(letter) ?? dim(letter);
  return closed(
    variable("kernel", letters?.split("").map(sizeOf) ?? null),
    !config.isNone("bias_axes") &&
      variable("bias", biasAxes === undefined ? null : biasDims(biasAxes, output, sizeOf)),
  );
}

/** `output_shape` is without the batch and what an ellipsis stands for: it ends where the output does. */
function outputSizes(config: Config, output: string): ReadonlyMap<string, number> {
  const letters = output.endsWith(".") ? [] : output.replaceAll(".", "").split("");
  const stated = asArray(config.node("output_shape"));
  const list = stated.length > 0 ? stated.map(asInteger) : [config.integer("output_shape")];
  const sizes = new Map<string, number>();
  for (const [index, size] of list.entries()) {
    const letter = letters[letters.length - list.length + index];
    if (letter !== undefined && size !== undefined) sizes.set(letter, size);
  }
  return sizes;
}

/** The bias has a size for each of its axes in the output, 1 for those after the first of them. */
function biasDims(axes: string, output: string, sizeOf: (letter: string) => Dim): Dim[] | null {
  if (output.endsWith(".")) return null;
  const letters = output.replaceAll(".", "").split("");
  const first = letters.findIndex((letter) => axes.includes(letter));
  if (first < 0) return null;
  return letters.slice(first).map((letter) => (axes.includes(letter) ? sizeOf(letter) : 1));
}

function embedding(config: Config): Expectation {
  if (!config.has("input_dim") || !config.has("output_dim")) return unknown;
  const shape = [fixed(config.integer("input_dim")), fixed(config.integer("output_dim"))];
  return closed(variable("embeddings", shape, { spellings: ["W"] }));
}

function reversibleEmbedding(config: Config): Expectation {
  if (!config.has("input_dim") || !config.has("output_dim")) return unknown;
  const [words, size] = [fixed(config.integer("input_dim")), fixed(config.integer("output_dim"))];
  return closed(
    variable("embeddings", [words, size]),
    !config.flag("tie_weights", true) && variable("reverse_embeddings", [size, words]),
  );
}

/** Keras 2 (keras/layers/kernelized.py). Names changed in TF 2. */
function randomFourierFeatures(config: Config): Expectation {
  const units = fixed(config.integer("output_dim"));
  return closed(
    variable("kernel_scale", [1], { spellings: ["random_features_scale"] }),
    variable("unscaled_kernel", [dim("in"), units], {
      trainable: false,
      spellings: ["random_features_kernel"],
    }),
    variable("bias", [units], { trainable: false, spellings: ["random_features_bias"] }),
  );
}

/** Of the input's shape without the batch, 1 along shared axes. */
function prelu(config: Config): Expectation {
  if (!config.has("alpha_initializer")) return unknown;
  return closed(variable("alpha", null));
}
