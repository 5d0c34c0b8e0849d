import type { WeightsMatch } from "./layers/report.ts";
import type { KerasModel } from "./model.ts";
import { sourceTensors } from "./variation/source-tensors.ts";

/** What a tensor is; null where that is not known. */
export interface TensorName {
  readonly layer: string | null;
  readonly variable: string | null;
}

/**
 * Names of the tensors in weights, by their paths: what the architecture says they are; without one,
 * what the file itself says.
 */
export function tensorNames(
  model: KerasModel,
  match: WeightsMatch | null,
): ReadonlyMap<string | null, TensorName> {
  if (match !== null) {
    return new Map(
      match.variables.map(({ tensor, layer, variable }) => [tensor, { layer, variable }]),
    );
  }
  return new Map(
    sourceTensors(model).map(({ path, layers, variable }) => [
      path,
      { layer: layers.at(-1)?.path ?? null, variable },
    ]),
  );
}
