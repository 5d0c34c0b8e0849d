import { asString, member } from "../../json/access.ts";
import type { Variable } from "./variable.ts";
import type { Layer } from "./walk.ts";

/**
 * The dtype of a layer's variables where its config states it: the policy's, float32 under mixed
 * precision. Configs of Keras before 2.3 state the dtype of inputs there, which is another matter.
 *
 * @returns null where it is not stated, or not one of floating point
 */
function variableDtype({ config, module }: Layer, version: string | null): string | null {
  if (module === null && !statesPolicies(version)) return null;
  const dtype = member(config, "dtype");
  const policy = asString(dtype) ?? asString(member(dtype, "config", "name"));
  if (policy === undefined) return null;
  if (policy.startsWith("mixed_")) return "float32";
  return ["float16", "float32", "float64", "bfloat16"].includes(policy) ? policy : null;
}

/** The dtype a variable must have, or null where that is not known. */
export function expectedDtype(
  layer: Layer,
  { dtype }: Variable,
  version: string | null,
): string | null {
  const stated = dtype === null ? null : variableDtype(layer, version);
  return dtype === "float32" && stated !== "float32" ? null : stated;
}

/** `2.2.4-tf` is tf.keras, where `dtype` is the layer's. */
function statesPolicies(version: string | null): boolean {
  const [, major, minor, rest] = /^(\d+)\.(\d+)(.*)$/.exec(version ?? "") ?? [];
  if (major === undefined) return false;
  return (
    Number(major) > 2 || (Number(major) === 2 && (Number(minor) >= 3 || rest!.endsWith("-tf")))
  );
}

const bigEndian = new Map([
  [">f2", "float16"],
  [">f4", "float32"],
  [">f8", "float64"],
]);

/**
 * Whether a stored dtype is the expected one, in either byte order. Legacy files hold bfloat16 as
 * two opaque bytes; Keras 3 on JAX stores float32 for float64, which JAX has only when asked.
 */
export function isDtype(expected: string, actual: string): boolean {
  const stored = bigEndian.get(actual) ?? actual;
  return (
    stored === expected ||
    (expected === "bfloat16" && stored === "V2") ||
    (expected === "float64" && stored === "float32")
  );
}
