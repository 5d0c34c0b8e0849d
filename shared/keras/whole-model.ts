import { CleaveError } from "../errors.ts";
import type { KerasModel } from "./model.ts";

/** @throws CleaveError `WEIGHTS_ONLY` for weights without an architecture */
export function expectWholeModel(
  model: KerasModel,
): asserts model is KerasModel & { readonly architecture: string } {
  if (model.architecture !== null) return;
  throw new CleaveError(
    "WEIGHTS_ONLY",
    "It holds weights without an architecture (no config.json, no model_config), so there is nothing to split. recombine takes it as --weights, with the model's to_json() as --architecture.",
  );
}
