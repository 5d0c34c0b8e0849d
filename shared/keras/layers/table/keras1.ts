import type { Config } from "../config.ts";
import {
  closed,
  dim,
  fixed,
  unknown,
  variable,
  weightless,
  type Dim,
  type Expectation,
  type Variable,
} from "../variable.ts";
import type { Row, Table } from "./row.ts";

/**
 * Keras 1 and 0.3, known by their settings' names (`output_dim`, `nb_filter`), which Keras 2 changed.
 * Files put the layer's name before the variable's: `dense_1_W`.
 */
export const keras1Layers: Table = [
  ["Dense", dense],
  ["TimeDistributedDense", dense],
  ["MaxoutDense", maxoutDense],
  ["Highway", highway],
  ["Embedding", embedding],
  ["Convolution1D", convolution1d],
  ["AtrousConvolution1D", convolution1d],
  ["Convolution2D", convolution2d],
  ["AtrousConvolution2D", convolution2d],
  ["Deconvolution2D", deconvolution2d],
  ["SeparableConvolution2D", separableConvolution2d],
  ["Convolution3D", convolution3d],
  ["LocallyConnected1D", locallyConnected],
  ["LocallyConnected2D", locallyConnected],
  ["BatchNormalization", batchNormalization],
  ["SimpleRNN", recurrent([""])],
  ["GRU", recurrent(["z", "r", "h"])],
  ["LSTM", recurrent(["i", "c", "f", "o"])],
  ["ConvLSTM2D", convLstm2d],
  ["PReLU", () => closed(weight("alphas", null))],
  ["ParametricSoftplus", parametricSoftplus],
  ["SReLU", srelu],
  ["Merge", () => weightless],
];

/** Keras 1 makes every variable floatx, which its configs do not tell. */
function weight(name: string, shape: readonly Dim[] | null): Variable {
  return variable(name, shape, { dtype: null });
}

/** `bias` is missing where a class always has one; Keras 0.3 has no such setting. */
function bias(config: Config, shape: readonly Dim[] | null): Variable | false {
  return config.flag("bias", true) && weight("b", shape);
}

function dense(config: Config): Expectation {
  if (!config.has("output_dim")) return unknown;
  const units = fixed(config.integer("output_dim"));
  return closed(weight("W", [dim("in"), units]), bias(config, [units]));
}

function maxoutDense(config: Config): Expectation {
  const units = fixed(config.integer("output_dim"));
  const features = fixed(config.integer("nb_feature"));
  return closed(weight("W", [features, dim("in"), units]), bias(config, [features, units]));
}

function highway(config: Config): Expectation {
  const size = dim("in");
  return closed(
    weight("W", [size, size]),
    weight("W_carry", [size, size]),
    bias(config, [size]),
    config.flag("bias", true) && weight("b_carry", [size]),
  );
}

function embedding(config: Config): Expectation {
  const shape = [fixed(config.integer("input_dim")), fixed(config.integer("output_dim"))];
  return closed(weight("W", shape));
}

/** Either (length, 1, in, out) or, in 1.1, (out, in, length, 1): keras/layers/convolutional.py. */
function convolution1d(config: Config): Expectation {
  if (!config.has("nb_filter")) return unknown;
  const filters = fixed(config.integer("nb_filter"));
  const length = fixed(config.integer("filter_length"));
  const older = [filters, dim("in"), length, 1];
  const kernel = weight("W", [length, 1, dim("in"), filters]);
  return closed({ ...kernel, convertible: [older] }, bias(config, [filters]));
}

/** `dim_ordering` "th" is (out, in, rows, columns), "tf" (rows, columns, in, out). */
function convolution2d(config: Config): Expectation {
  if (!config.has("nb_filter")) return unknown;
  const filters = fixed(config.integer("nb_filter"));
  const size = [fixed(config.integer("nb_row")), fixed(config.integer("nb_col"))];
  return closed(orderedKernel(config, size, filters), bias(config, [filters]));
}

function convolution3d(config: Config): Expectation {
  if (!config.has("nb_filter")) return unknown;
  const filters = fixed(config.integer("nb_filter"));
  const size = ["kernel_dim1", "kernel_dim2", "kernel_dim3"].map((name) =>
    fixed(config.integer(name)),
  );
  return closed(orderedKernel(config, size, filters), bias(config, [filters]));
}

function orderedKernel(config: Config, size: readonly Dim[], filters: Dim): Variable {
  const th = [filters, dim("in"), ...size];
  const tf = [...size, dim("in"), filters];
  switch (config.text("dim_ordering")) {
    case "th":
      return weight("W", th);
    case "tf":
      return weight("W", tf);
    default:
      return { ...weight("W", th), convertible: [tf] };
  }
}

/** Like a convolution's kernel, with the two channel dimensions changing places in "tf". */
function deconvolution2d(config: Config): Expectation {
  if (!config.has("nb_filter")) return unknown;
  const filters = fixed(config.integer("nb_filter"));
  const [rows, columns] = [fixed(config.integer("nb_row")), fixed(config.integer("nb_col"))];
  const kernel = weight("W", [dim("in"), filters, rows, columns]);
  const others = [
    [filters, dim("in"), rows, columns],
    [rows, columns, filters, dim("in")],
    [rows, columns, dim("in"), filters],
  ];
  return closed({ ...kernel, convertible: others }, bias(config, [filters]));
}

function separableConvolution2d(config: Config): Expectation {
  if (!config.has("nb_filter")) return unknown;
  const filters = fixed(config.integer("nb_filter"));
  return closed(
    weight("depthwise_kernel", [null, null, null, null]),
    weight("pointwise_kernel", [null, null, null, null]),
    bias(config, [filters]),
  );
}

function locallyConnected(config: Config): Expectation {
  if (!config.has("nb_filter")) return unknown;
  return closed(weight("W", null), bias(config, null));
}

/** Mode 1 and 2 differ in what they normalize, not in their variables' names. */
function batchNormalization(config: Config): Expectation {
  if (!config.has("mode")) return unknown;
  const shape = [dim("channels")];
  const statistic = (name: string): Variable =>
    variable(name, shape, { dtype: null, trainable: false, optional });
  // Normalizing each sample has no use for them; Keras 1.2 has them all the same.
  const optional = config.integer("mode") === 1;
  const learnt = [weight("gamma", shape), weight("beta", shape)];
  return closed(...learnt, statistic("running_mean"), statistic("running_std"));
}

/** W, U, b per gate, or one of each for all gates where `consume_less` is "gpu". */
function recurrent(gates: readonly string[]): Row {
  return (config) => {
    if (!config.has("output_dim")) return unknown;
    const units = config.integer("output_dim");
    const separate = config.text("consume_less") !== "gpu" || gates.length === 1;
    return closed(
      ...(separate ? gates : [""]).flatMap((gate) => {
        const end = gate === "" ? "" : `_${gate}`;
        const size = fixed(separate || units === undefined ? units : units * gates.length);
        return [
          weight(`W${end}`, [dim("in"), size]),
          weight(`U${end}`, [fixed(units), size]),
          weight(`b${end}`, [size]),
        ];
      }),
    );
  };
}

function convLstm2d(config: Config): Expectation {
  if (!config.has("nb_filter")) return unknown;
  const filters = fixed(config.integer("nb_filter"));
  const size = [fixed(config.integer("nb_row")), fixed(config.integer("nb_col"))];
  return closed(
    ...["i", "c", "f", "o"].flatMap((gate) => {
      const th = [filters, filters, ...size];
      const tf = [...size, filters, filters];
      return [
        named(`W_${gate}`, orderedKernel(config, size, filters)),
        { ...weight(`U_${gate}`, th), convertible: [tf] },
        weight(`b_${gate}`, [filters]),
      ];
    }),
  );
}

function named(name: string, like: Variable): Variable {
  return { ...like, name, spellings: [name] };
}

function parametricSoftplus(): Expectation {
  return closed(weight("alphas", null), weight("betas", null));
}

function srelu(): Expectation {
  const names = ["t_left", "a_left", "t_right", "a_right"];
  return closed(...names.map((name) => weight(name, null)));
}
