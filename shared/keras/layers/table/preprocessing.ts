import type { Config } from "../config.ts";
import {
  closed,
  dim,
  fixed,
  unknown,
  variable,
  weightless,
  type Expectation,
} from "../variable.ts";
import type { Row, Table } from "./row.ts";

/** keras/src/layers/preprocessing. */
export const preprocessing: Table = [
  ["Normalization", normalization],
  ["Discretization", discretization],
  ["TextVectorization", textVectorization],
  ["StringLookup", lookup],
  ["IntegerLookup", lookup],
  ["IndexLookup", lookup],
  ["CategoryEncoding", lookup],
  ["STFTSpectrogram", stftSpectrogram],
  ...[
    "RandomBrightness",
    "RandomContrast",
    "RandomCrop",
    "RandomFlip",
    "RandomHeight",
    "RandomRotation",
    "RandomTranslation",
    "RandomWidth",
    "RandomZoom",
  ].map((name): [string, Row] => [name, random]),
  ...[
    "Dropout",
    "AlphaDropout",
    "GaussianDropout",
    "GaussianNoise",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
  ].map((name): [string, Row] => [name, random]),
];

/** One kernel or two, by mode, of (frames, 1, frequencies). */
function stftSpectrogram(config: Config): Expectation {
  if (!config.has("mode") || !config.has("frame_length")) return unknown;
  const shape = [fixed(config.integer("frame_length")), 1, dim("frequencies")];
  const mode = config.text("mode");
  return closed(
    mode !== "imag" && variable("real_kernel", shape),
    mode !== "real" && variable("imag_kernel", shape),
  );
}

const statistic = { dtype: null, trainable: false } as const;

/** None where the config gives mean and variance. The count came and went between versions. */
function normalization(config: Config): Expectation {
  if (!config.has("axis")) return unknown;
  if (!config.isNone("mean")) return weightless;
  return closed(
    variable("mean", null, statistic),
    variable("variance", null, statistic),
    variable("count", null, { ...statistic, optional: true }),
  );
}

/** Adapted ones of Keras 2 keep a summary of the data (keras/layers/preprocessing/discretization.py). */
function discretization(): Expectation {
  return closed(variable("summary", [2, null], { ...statistic, optional: true }));
}

function textVectorization(): Expectation {
  return { ...idf(["", "_lookup_layer"]), isOpen: true };
}

/** Tables of older versions are weights of their own; what is there is carried. */
function lookup(): Expectation {
  return { ...idf([""]), isOpen: true };
}

function idf(holders: readonly string[]): Expectation {
  return closed(variable("idf_weights", [null], { ...statistic, optional: true, holders }));
}

/** TensorFlow's generators keep their state in a variable, in some versions one of the layer's. */
function random(): Expectation {
  const spellings = ["StateVar", "Variable", "seed_generator_state"];
  return closed(variable("state", null, { ...statistic, optional: true, spellings }));
}
