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
  const bias: Dim[] | null = biasAxes === undefined ? null : biasDims(biasAxes, equation);
  return closed(
    variable("kernel", letters === undefined ? null : [...letters].map((letter) => dim(letter))),
    !config.isNone("bias_axes") && variable("bias", bias),
  );
}

/** The bias has a size for each of its axes in the output, 1 for those after the first of them. */
function biasDims(axes: string, equation: string): Dim[] | null {
  const output = equation.slice(equation.indexOf("->") + 2).replaceAll(/[ .]/g, "");
  const first = [...output].findIndex((letter) => axes.includes(letter));
  if (first < 0) return null;
  return [...output.slice(first)].map((letter) => (axes.includes(letter) ? dim(letter) : 1));
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

/** Keras 2 (keras/layers/kernelized.py). `kernel_scale` is trainable where the config says so. */
function randomFourierFeatures(config: Config): Expectation {
  const units = fixed(config.integer("output_dim"));
  return closed(
    variable("kernel_scale", [1], { trainable: config.flag("trainable", false) }),
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
