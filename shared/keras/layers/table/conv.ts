import type { Config } from "../config.ts";
import { closed, dim, fixed, unknown, variable, type Dim, type Expectation } from "../variable.ts";
import type { Row, Table } from "./row.ts";

/** keras/src/layers/convolutional of Keras 3, keras/layers/convolutional of Keras 2. */
export const convolutions: Table = [
  ["Conv1D", convolution(1)],
  ["Conv2D", convolution(2)],
  ["Conv3D", convolution(3)],
  ["Conv1DTranspose", transposed(1)],
  ["Conv2DTranspose", transposed(2)],
  ["Conv3DTranspose", transposed(3)],
  ["DepthwiseConv1D", depthwise(1)],
  ["DepthwiseConv2D", depthwise(2)],
  ["SeparableConv1D", separable(1)],
  ["SeparableConv2D", separable(2)],
  ["LocallyConnected1D", locallyConnected],
  ["LocallyConnected2D", locallyConnected],
  // Registered under the names Keras 2's functional aliases have.
  ["Convolution1D", convolution(1)],
  ["Convolution2D", convolution(2)],
  ["Convolution3D", convolution(3)],
  ["Convolution2DTranspose", transposed(2)],
  ["Convolution3DTranspose", transposed(3)],
  ["SeparableConvolution1D", separable(1)],
  ["SeparableConvolution2D", separable(2)],
];

function convolution(rank: number): Row {
  return (config) => {
    if (!config.has("filters") || !config.has("kernel_size")) return unknown;
    const filters = fixed(config.integer("filters"));
    const perGroup = dim("in", 1, config.integer("groups") || 1);
    return closed(
      variable("kernel", [...kernelSize(config, rank), perGroup, filters], {
        convertible: oldKernels(config, rank, perGroup, filters),
      }),
      config.flag("use_bias", true) && variable("bias", [filters]),
    );
  };
}

/**
 * Keras 2 transposes kernels of another order when it loads them: Theano's (out, in, rows, columns)
 * and any whose shape the transposition (3, 2, 0, 1) makes fit (keras/engine/saving.py 2.3.1,
 * preprocess_weights_for_loading).
 */
function oldKernels(config: Config, rank: number, input: Dim, filters: Dim): readonly Dim[][] {
  if (rank !== 2 || config.layer.module !== null) return [];
  return [[filters, input, ...kernelSize(config, rank)]];
}

function transposed(rank: number): Row {
  return (config) => {
    if (!config.has("filters") || !config.has("kernel_size")) return unknown;
    const filters = fixed(config.integer("filters"));
    return closed(
      variable("kernel", [...kernelSize(config, rank), filters, dim("in")]),
      config.flag("use_bias", true) && variable("bias", [filters]),
    );
  };
}

function depthwise(rank: number): Row {
  return (config) => {
    if (!config.has("kernel_size") || !config.has("depth_multiplier")) return unknown;
    const multiplier = config.integer("depth_multiplier") || 1;
    // Keras 3's configs have no groups, TF 2's have.
    const names = config.has("groups")
      ? ["depthwise_kernel", "kernel"]
      : ["kernel", "depthwise_kernel"];
    return closed(
      variable(names[0]!, [...kernelSize(config, rank), dim("in"), multiplier], {
        spellings: names,
      }),
      config.flag("use_bias", true) && variable("bias", [dim("in", multiplier)]),
    );
  };
}

function separable(rank: number): Row {
  return (config) => {
    if (!config.has("filters") || !config.has("kernel_size")) return unknown;
    const filters = fixed(config.integer("filters"));
    const multiplier = config.integer("depth_multiplier") || 1;
    const ones = Array.from({ length: rank }, () => 1);
    return closed(
      variable("depthwise_kernel", [...kernelSize(config, rank), dim("in"), multiplier]),
      variable("pointwise_kernel", [...ones, dim("in", multiplier), filters]),
      config.flag("use_bias", true) && variable("bias", [filters]),
    );
  };
}

/** The kernel's layout depends on `implementation`; the bias has one value per output. */
function locallyConnected(config: Config): Expectation {
  if (!config.has("filters") || !config.has("kernel_size")) return unknown;
  return closed(variable("kernel", null), config.flag("use_bias", true) && variable("bias", null));
}

/** One size per spatial axis; a single number means all of them. */
export function kernelSize(config: Config, rank: number): Dim[] {
  const sizes = config.integers("kernel_size");
  return Array.from({ length: rank }, (_, axis) =>
    fixed(sizes?.length === 1 ? sizes[0] : sizes?.[axis]),
  );
}
