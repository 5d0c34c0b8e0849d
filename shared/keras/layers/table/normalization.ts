import type { Config } from "../config.ts";
import { closed, dim, unknown, variable, type Dim, type Expectation } from "../variable.ts";
import type { Table } from "./row.ts";

/** keras/src/layers/normalization; dtypes are the classes' own affair (float32 under float16). */
export const normalizations: Table = [
  ["BatchNormalization", batchNormalization],
  ["BatchNormalizationV1", batchNormalization],
  ["BatchNormalizationV2", batchNormalization],
  ["SyncBatchNormalization", batchNormalization],
  ["LayerNormalization", layerNormalization],
  ["GroupNormalization", groupNormalization],
  ["RMSNormalization", rmsNormalization],
];

function batchNormalization(config: Config): Expectation {
  // Every version writes both; a user's class of the same name seldom does.
  if (!config.has("momentum") || !config.has("epsilon")) return unknown;
  // Several axes make parameters of the input's rank, which the config does not tell.
  const shape = (config.integers("axis")?.length ?? 1) > 1 ? null : [dim("channels")];
  const statistics = ["moving_mean", "moving_variance"];
  if (config.flag("renorm", false))
    statistics.push("moving_stddev", "renorm_mean", "renorm_stddev");
  return closed(
    config.flag("scale", true) && variable("gamma", shape, { dtype: null }),
    config.flag("center", true) && variable("beta", shape, { dtype: null }),
    ...statistics.map((name) => variable(name, shape, { dtype: null, trainable: false })),
  );
}

function layerNormalization(config: Config): Expectation {
  if (!config.has("epsilon") || !config.has("axis")) return unknown;
  const axes = config.integers("axis")?.length ?? 1;
  const shape: Dim[] = Array.from({ length: axes }, (_, axis) => dim(`axis ${axis}`));
  // rms_scaling (Keras 3.1 to 3.9) has no beta: keras/src/layers/normalization/layer_normalization.py.
  const isRms = config.flag("rms_scaling", false);
  return closed(
    (isRms || config.flag("scale", true)) && variable("gamma", shape, { dtype: null }),
    !isRms && config.flag("center", true) && variable("beta", shape, { dtype: null }),
  );
}

function groupNormalization(config: Config): Expectation {
  if (!config.has("groups") || !config.has("epsilon")) return unknown;
  const shape = [dim("channels")];
  return closed(
    config.flag("scale", true) && variable("gamma", shape, { dtype: null }),
    config.flag("center", true) && variable("beta", shape, { dtype: null }),
  );
}

function rmsNormalization(config: Config): Expectation {
  if (!config.has("epsilon") || !config.has("axis")) return unknown;
  const axes = config.integers("axis")?.length ?? 1;
  const shape: Dim[] = Array.from({ length: axes }, (_, axis) => dim(`axis ${axis}`));
  return closed(variable("scale", shape, { dtype: null }));
}
