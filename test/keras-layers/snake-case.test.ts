import { expect, test } from "vitest";
import { toSnakeCase } from "#shared/keras/layers/snake-case.ts";

// Keras's own results (keras.src.utils.naming.to_snake_case 3.15.1, tf_keras 2.21 the same).
test.each([
  ["Conv2D", "conv2d"],
  ["Conv2DTranspose", "conv2d_transpose"],
  ["DepthwiseConv2D", "depthwise_conv2d"],
  ["SeparableConv1D", "separable_conv1d"],
  ["LSTM", "lstm"],
  ["GRUCell", "gru_cell"],
  ["SimpleRNN", "simple_rnn"],
  ["StackedRNNCells", "stacked_rnn_cells"],
  ["ConvLSTM2D", "conv_lstm2d"],
  ["PReLU", "p_re_lu"],
  ["ReLU", "re_lu"],
  ["ELU", "elu"],
  ["RMSNormalization", "rms_normalization"],
  ["CuDNNLSTM", "cu_dnnlstm"],
  ["GroupedQueryAttention", "grouped_query_attention"],
  ["TFOpLambda", "tf_op_lambda"],
  ["InputLayer", "input_layer"],
  ["My-Layer 2X", "my_layer2x"],
  ["__proto__", "__proto__"],
])("%s is %s", (className, expected) => {
  expect(toSnakeCase(className)).toBe(expected);
});
