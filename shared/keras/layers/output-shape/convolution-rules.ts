import type { Config } from "../config.ts";
import { axesOf, paddingOf, perAxis, slide, withSpatial } from "./spatial.ts";
import { shapeOf, type TensorShape } from "./tensor-shape.ts";

type Rule = (config: Config, input: TensorShape) => TensorShape | null;

/** Convolution, pooling and what else changes spatial axes, Keras 1's spellings included. */
export const convolutionShapes: readonly (readonly [string, Rule])[] = [
  ...[1, 2, 3].flatMap((rank) =>
    spatialShapes(rank).map(([name, rule]) => [name, withKnownAxes(rank, rule)] as const),
  ),
  ["Resizing", resized],
  ["CenterCrop", resized],
  ["RandomCrop", resized],
];

function spatialShapes(rank: number): readonly (readonly [string, Rule])[] {
  return [
    [`Conv${rank}D`, convolution(rank)],
    [`Convolution${rank}D`, convolution(rank)],
    [`AtrousConvolution${rank}D`, convolution(rank)],
    [`SeparableConv${rank}D`, convolution(rank)],
    [`SeparableConvolution${rank}D`, convolution(rank)],
    [`DepthwiseConv${rank}D`, convolution(rank)],
    [`LocallyConnected${rank}D`, convolution(rank)],
    [`Conv${rank}DTranspose`, transposed(rank)],
    [`ConvLSTM${rank}D`, convLstm(rank)],
    [`MaxPooling${rank}D`, pooling(rank)],
    [`AveragePooling${rank}D`, pooling(rank)],
    [`GlobalMaxPooling${rank}D`, globalPooling(rank)],
    [`GlobalAveragePooling${rank}D`, globalPooling(rank)],
    [`UpSampling${rank}D`, upSampling(rank)],
    [`ZeroPadding${rank}D`, margins(rank, "padding", 1)],
    [`Cropping${rank}D`, margins(rank, "cropping", -1)],
  ];
}

/** Paddings of Keras 1 do not say which axis has the channels; its backend's setting decides. */
function withKnownAxes(rank: number, rule: Rule): Rule {
  return (config, input) => {
    const isKnown = rank === 1 || config.has("data_format") || config.has("dim_ordering");
    return isKnown ? rule(config, input) : null;
  };
}

function convolution(rank: number): Rule {
  return (config, input) => {
    if (input.length !== rank + 2) return null;
    const axes = axesOf(config, rank);
    const windows = windowsOf(config, rank);
    const strides = stridesOf(config, rank);
    const dilations = perAxis(
      config.integers("dilation_rate") ?? config.integers("atrous_rate"),
      rank,
    );
    return withSpatial(
      input,
      axes,
      (length, axis) =>
        slide(length, windows[axis], strides[axis], paddingOf(config), dilations[axis] ?? 1),
      filtersOf(config, input[axes.channels] ?? null),
    );
  };
}

/** A depthwise convolution has as many as its input, times the multiplier. */
function filtersOf(config: Config, channels: number | null): number | null {
  const filters = config.integer("filters") ?? config.integer("nb_filter");
  if (filters !== undefined) return filters;
  const multiplier = config.integer("depth_multiplier");
  return channels === null || multiplier === undefined ? null : channels * multiplier;
}

function windowsOf(config: Config, rank: number): readonly (number | undefined)[] {
  const keras1 = ["filter_length", "nb_row", "nb_col", "kernel_dim1", "kernel_dim2", "kernel_dim3"]
    .map((name) => config.integer(name))
    .filter((size) => size !== undefined);
  return perAxis(config.integers("kernel_size") ?? keras1, rank);
}

function stridesOf(config: Config, rank: number): readonly (number | undefined)[] {
  const stated = ["strides", "subsample", "subsample_length"].map((name) => config.integers(name));
  return perAxis(
    stated.find((values) => values !== undefined),
    rank,
  );
}

/** keras/src/backend/common/backend_utils.py; a stated output padding is not followed. */
function transposed(rank: number): Rule {
  return (config, input) => {
    if (input.length !== rank + 2) return null;
    const windows = windowsOf(config, rank);
    const strides = stridesOf(config, rank);
    const isPlain =
      config.isNone("output_padding") &&
      (config.integers("dilation_rate") ?? []).every((rate) => rate === 1);
    return withSpatial(
      input,
      axesOf(config, rank),
      (length, axis) => {
        const [window, stride] = [windows[axis], strides[axis]];
        if (!isPlain || window === undefined || stride === undefined) return null;
        const overlap = paddingOf(config) === "valid" ? Math.max(window - stride, 0) : 0;
        return length * stride + overlap;
      },
      filtersOf(config, null),
    );
  };
}

function convLstm(rank: number): Rule {
  return (config, [batch = null, steps = null, ...rest]) => {
    const frame = convolution(rank)(config, [batch, ...rest]);
    if (frame === null || !config.flag("return_sequences", false)) return frame;
    return [batch, steps, ...frame.slice(1)];
  };
}

function pooling(rank: number): Rule {
  return (config, input) => {
    if (input.length !== rank + 2) return null;
    const pools = perAxis(config.integers("pool_size") ?? config.integers("pool_length"), rank);
    const stated = perAxis(config.integers("strides") ?? config.integers("stride"), rank);
    return withSpatial(input, axesOf(config, rank), (length, axis) =>
      slide(length, pools[axis], stated[axis] ?? pools[axis], paddingOf(config)),
    );
  };
}

function globalPooling(rank: number): Rule {
  return (config, input) => {
    if (input.length !== rank + 2) return null;
    const axes = axesOf(config, rank);
    if (config.flag("keepdims", false)) return withSpatial(input, axes, () => 1);
    return [input[0] ?? null, input[axes.channels] ?? null];
  };
}

function upSampling(rank: number): Rule {
  return (config, input) => {
    if (input.length !== rank + 2) return null;
    const factors = perAxis(config.integers("size") ?? config.integers("length"), rank);
    return withSpatial(input, axesOf(config, rank), (length, axis) =>
      factors[axis] === undefined ? null : length * factors[axis],
    );
  };
}

/** `[[top, bottom], [left, right]]`, or one number or pair that stands for more. */
function margins(rank: number, setting: string, sign: 1 | -1): Rule {
  return (config, input) => {
    if (input.length !== rank + 2) return null;
    const node = config.node(setting);
    const pairs = node?.type === "array" ? node.items.map((item) => shapeOf(item)) : [];
    const flat = config.integers(setting);
    return withSpatial(input, axesOf(config, rank), (length, axis) => {
      const pair = rank === 1 && flat?.length === 2 ? flat : pairs[axis];
      const single = perAxis(rank === 1 && flat?.length === 2 ? undefined : flat, rank)[axis];
      const [before, after] = pair ?? [single, single];
      if (typeof before !== "number" || typeof after !== "number") return null;
      return length + sign * (before + after);
    });
  };
}

function resized(config: Config, input: TensorShape): TensorShape | null {
  if (input.length !== 4) return null;
  const sizes = [config.integer("height"), config.integer("width")];
  return withSpatial(input, axesOf(config, 2), (_, axis) => sizes[axis] ?? null);
}
