import { member } from "../../json/access.ts";
import { configOf } from "./config.ts";
import { shapeOf, type TensorShape } from "./output-shape/tensor-shape.ts";
import type { Sizes } from "./shape.ts";
import type { Variable } from "./variable.ts";
import type { Layer } from "./walk.ts";

/**
 * The sizes of a layer's free dimensions as far as the architecture tells them: by the axis of the
 * input that a symbol stands for.
 *
 * @param called shapes of the tensors it is called on
 */
export function inputSizes(layer: Layer, called: readonly TensorShape[] = []): Sizes {
  const config = configOf(layer);
  const built = shapeOf(member(layer.serialized, "build_config", "input_shape"));
  const inputs = called.length > 0 || built === null ? called : [built];
  const [query, value = query, key = value] = inputs;
  const format = config.text("data_format") ?? config.text("dim_ordering") ?? "";
  // Of ConvLSTM, behind the time steps.
  const first = layer.className.startsWith("ConvLSTM") ? 2 : 1;
  const channels = /^(?:channels_first|th)$/.test(format) ? first : -1;
  const axes = config.integers("axis") ?? [-1];
  const sizes: Sizes = new Map();
  const set = (symbol: string, size: number | null | undefined): void => {
    if (size !== null && size !== undefined) sizes.set(symbol, size);
  };
  set("in", query?.at(channels));
  set("channels", query?.at(axes[0]!));
  for (const [index, axis] of axes.entries()) set(`axis ${index}`, query?.at(axis));
  set("query", query?.at(-1));
  set("value", value?.at(-1));
  set("key", key?.at(-1));
  return sizes;
}

/**
 * The variable with the shape that only the input tells: of PReLU, whose parameters are as many as
 * its input's elements, and Normalization.
 *
 * @param called shapes of the tensors the layer is called on
 */
export function withInputShape(
  layer: Layer,
  variable: Variable,
  [input]: readonly TensorShape[] = [],
): Variable {
  if (variable.shape !== null || input === undefined) return variable;
  const config = configOf(layer);
  const axes = (name: string): readonly number[] =>
    (config.integers(name) ?? []).map((axis) => (axis < 0 ? axis + input.length : axis));
  if (layer.className === "PReLU" && variable.name === "alpha") {
    const shared = axes("shared_axes");
    return {
      ...variable,
      shape: input.map((size, at) => (shared.includes(at) ? 1 : size)).slice(1),
    };
  }
  if (layer.className === "Normalization" && variable.name !== "count") {
    return { ...variable, shape: axes("axis").map((axis) => input[axis] ?? null) };
  }
  return variable;
}
