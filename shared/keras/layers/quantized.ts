import { asString, member } from "../../json/access.ts";
import type { Config } from "./config.ts";
import { unknown, variable, type Expectation } from "./variable.ts";
import type { Layer } from "./walk.ts";

/**
 * The mode a layer is quantized in ("int8", "float8" …), or null. Keras 3.3 has "int8_from_float32"
 * as its dtype, later versions a policy of another class.
 */
export function quantizationOf({ config }: Layer): string | null {
  const dtype = member(config, "dtype");
  const name = asString(dtype) ?? asString(member(dtype, "config", "name")) ?? "";
  const mode = /^(.+)_from_/.exec(name)?.[1];
  if (mode !== undefined) return mode;
  const policy = asString(member(dtype, "class_name")) ?? "";
  if (!/Quantized|GPTQ|AWQ|Int4|Int8|Float8|PolicyMap/.test(policy)) return null;
  return asString(member(dtype, "config", "mode")) ?? "unknown";
}

const scales = new Map([
  ["int8", ["scale"]],
  ["int4", ["scale", "zero", "g_idx"]],
]);

const float8 = [
  "inputs_scale",
  "inputs_amax_history",
  "kernel_scale",
  "kernel_amax_history",
  "outputs_grad_scale",
  "outputs_grad_amax_history",
];

/**
 * Names of a quantized layer's variables in the order v3 files hold them (variable_serialization_spec
 * in keras/src/layers/core). Shapes and more variables are not judged: layouts changed between minor
 * versions of Keras 3.
 */
export function quantizedExpectation(config: Config, mode: string): Expectation {
  const base = mode.split("/", 1)[0]!;
  const parts = quantizedParts(config, base);
  if (parts === undefined) return unknown;
  const hidden = { dtype: null, trainable: false } as const;
  return {
    variables: [
      ...parts.required.map((name) => variable(name, null, hidden)),
      ...parts.more.map((name) => variable(name, null, { ...hidden, optional: true })),
    ],
    isOpen: true,
  };
}

function quantizedParts(
  config: Config,
  mode: string,
): { required: string[]; more: readonly string[] } | undefined {
  const suffixes = scales.get(mode);
  switch (config.layer.className) {
    case "Embedding":
      if (suffixes === undefined) return undefined;
      return { required: ["embeddings"], more: suffixes.map((end) => named("embeddings", end)) };
    case "Dense":
    case "EinsumDense": {
      const hasBias =
        config.layer.className === "Dense"
          ? config.flag("use_bias", true)
          : !config.isNone("bias_axes");
      const required = hasBias ? ["kernel", "bias"] : ["kernel"];
      if (mode === "float8") return { required, more: float8 };
      if (suffixes === undefined) return undefined;
      return { required, more: suffixes.map((end) => named("kernel", end)) };
    }
    default:
      return undefined;
  }
}

function named(variableName: string, end: string): string {
  return end === "g_idx" ? end : `${variableName}_${end}`;
}
