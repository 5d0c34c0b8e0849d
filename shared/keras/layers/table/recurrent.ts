import type { Config } from "../config.ts";
import {
  closed,
  dim,
  fixed,
  multiple,
  unknown,
  variable,
  type Dim,
  type Expectation,
} from "../variable.ts";
import { kernelSize } from "./conv.ts";
import type { Row, Table } from "./row.ts";

/** keras/src/layers/rnn; in v3 files the variables are those of an attribute `cell`. */
export const recurrentLayers: Table = [
  ["SimpleRNN", simpleRecurrent("cell")],
  ["SimpleRNNCell", simpleRecurrent("")],
  ["LSTM", lstm("cell")],
  ["LSTMCell", lstm("")],
  ["PeepholeLSTMCell", peepholeLstm],
  ["GRU", gru("cell")],
  ["GRUCell", gru("")],
  ["ConvLSTM1D", convLstm(1)],
  ["ConvLSTM2D", convLstm(2)],
  ["ConvLSTM3D", convLstm(3)],
  ["ConvLSTM1DCell", convLstm(1, "")],
  ["ConvLSTM2DCell", convLstm(2, "")],
  ["ConvLSTM3DCell", convLstm(3, "")],
  ["CuDNNLSTM", cuDnn(4, 8)],
  ["CuDNNGRU", cuDnn(3, 6)],
];

function recurrent(
  config: Config,
  gates: number,
  bias: readonly Dim[],
  holder: string,
  otherBiases: readonly (readonly Dim[])[] = [],
): Expectation {
  if (!config.has("units")) return unknown;
  const units = config.integer("units");
  const options = { holders: [holder], dtype: "float32" } as const;
  return closed(
    variable("kernel", [dim("in"), multiple(units, gates)], options),
    variable("recurrent_kernel", [fixed(units), multiple(units, gates)], options),
    config.flag("use_bias", true) &&
      variable("bias", bias, { ...options, convertible: otherBiases }),
  );
}

function simpleRecurrent(holder: string): Row {
  return (config) => recurrent(config, 1, [fixed(config.integer("units"))], holder);
}

/** Keras 2 takes CuDNNLSTM's double bias too (keras/engine/saving.py, _convert_rnn_weights). */
function lstm(holder: string): Row {
  return (config) => {
    const units = config.integer("units");
    return recurrent(config, 4, [multiple(units, 4)], holder, [[multiple(units, 8)]]);
  };
}

/** `tf.keras.experimental.PeepholeLSTMCell`: one vector per gate that looks at the state. */
function peepholeLstm(config: Config): Expectation {
  const peephole = [fixed(config.integer("units"))];
  const { variables, isOpen } = lstm("")(config);
  const gates = ["input", "forget", "output"].map((gate) =>
    variable(`${gate}_gate_peephole_weights`, peephole),
  );
  return { variables: [...variables, ...gates], isOpen };
}

/** Since `reset_after` exists (2.1.3) every config has it; before, there was one bias. */
function gru(holder: string): Row {
  return (config) => {
    const size = multiple(config.integer("units"), 3);
    const flat = [multiple(config.integer("units"), 6)];
    return config.flag("reset_after", false)
      ? recurrent(config, 3, [2, size], holder, [flat])
      : recurrent(config, 3, [size], holder);
  };
}

function convLstm(rank: number, holder = "cell"): Row {
  return (config) => {
    if (!config.has("filters") || !config.has("kernel_size")) return unknown;
    const filters = config.integer("filters");
    const gates = multiple(filters, 4);
    const kernel = kernelSize(config, rank);
    const options = { holders: [holder], dtype: "float32" } as const;
    return closed(
      variable("kernel", [...kernel, dim("in"), gates], options),
      variable("recurrent_kernel", [...kernel, fixed(filters), gates], options),
      config.flag("use_bias", true) && variable("bias", [gates], options),
    );
  };
}

/** keras/layers/cudnn_recurrent.py; Keras 2 loads the plain layers' weights into them as well. */
function cuDnn(gates: number, biases: number): Row {
  return (config) => {
    if (!config.has("units")) return unknown;
    const units = config.integer("units");
    const plain = gates === 4 ? [multiple(units, 4)] : [2, multiple(units, 3)];
    return closed(
      variable("kernel", [dim("in"), multiple(units, gates)]),
      variable("recurrent_kernel", [fixed(units), multiple(units, gates)]),
      variable("bias", [multiple(units, biases)], { convertible: [plain] }),
    );
  };
}
