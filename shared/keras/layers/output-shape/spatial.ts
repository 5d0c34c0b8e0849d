import type { Config } from "../config.ts";
import type { TensorShape } from "./tensor-shape.ts";

/** Where a convolution or pooling layer has its spatial axes and its channels. */
export interface Axes {
  readonly spatial: readonly number[];
  readonly channels: number;
}

/** Of data with a batch, `rank` spatial axes and channels, which Keras 1 calls "th" and "tf". */
export function axesOf(config: Config, rank: number): Axes {
  const format = config.text("data_format") ?? config.text("dim_ordering");
  const isFirst = format === "channels_first" || format === "th";
  const start = isFirst ? 2 : 1;
  const spatial = Array.from({ length: rank }, (_, axis) => start + axis);
  return { spatial, channels: isFirst ? 1 : rank + 1 };
}

/** A setting with one number per spatial axis, or one for all of them. */
export function perAxis(
  values: readonly number[] | undefined,
  rank: number,
): readonly (number | undefined)[] {
  return Array.from({ length: rank }, (_, axis) =>
    values?.length === 1 ? values[0] : values?.[axis],
  );
}

/** `input` with the sizes `size` gives for its spatial axes, and other channels where given. */
export function withSpatial(
  input: TensorShape,
  { spatial, channels }: Axes,
  size: (length: number, axis: number) => number | null,
  newChannels?: number | null,
): TensorShape {
  return input.map((length, index) => {
    if (index === channels) return newChannels === undefined ? length : newChannels;
    const axis = spatial.indexOf(index);
    return axis < 0 || length === null ? length : size(length, axis);
  });
}

/** keras/src/ops/operation_utils.py, compute_conv_output_shape. */
export function slide(
  length: number,
  window: number | undefined,
  stride: number | undefined,
  padding: string,
  dilation = 1,
): number | null {
  if (window === undefined || stride === undefined || stride === 0) return null;
  if (padding === "same" || padding === "causal") return Math.ceil(length / stride);
  const extent = (window - 1) * dilation + 1;
  if (padding === "full") return Math.floor((length + extent - 2) / stride) + 1;
  return padding === "valid" ? Math.floor((length - extent) / stride) + 1 : null;
}

export function paddingOf(config: Config): string {
  return config.text("padding") ?? config.text("border_mode") ?? "valid";
}
