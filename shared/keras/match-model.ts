import type { JsonObject } from "../json/parse.ts";
import { matchWeights } from "./layers/match.ts";
import type { WeightsMatch } from "./layers/report.ts";
import type { KerasModel } from "./model.ts";

/**
 * Pairs a model's weights with an architecture: its own, or the one it is to get.
 *
 * @throws CleaveError `MODEL_INVALID`, `LIMIT_EXCEEDED` as `matchWeights`
 */
export function matchModel(
  { family, weights, keras }: KerasModel,
  architecture: JsonObject,
  isOwn = true,
): WeightsMatch {
  return matchWeights({ architecture, family, weights, version: keras.version, isOwn });
}
