import type { Hdf5Group } from "../../hdf5/model.ts";
import type { JsonNode } from "../../json/parse.ts";
import type { Family } from "../model.ts";
import { judge } from "./judge.ts";
import { pairLegacy } from "./pair-legacy.ts";
import { pairV3 } from "./pair-v3.ts";
import type { WeightsMatch } from "./report.ts";
import { walkArchitecture } from "./walk.ts";

/**
 * Compares an architecture with weights: which tensor is which variable of which layer, and what is
 * missing, too much, or of another shape or dtype than the layers' configs ask for.
 *
 * @param parts.architecture whole architecture JSON: `model_config`, `config.json`, `to_json()`
 * @param parts.weights root of a weights-only file, without optimizer and metrics
 * @param parts.version keras_version as the file states it; only a hint
 * @param parts.isOwn whether the architecture is the one that the weights were saved with; of another,
 *   what it says of the sizes of inputs and of frozen layers must fit too
 * @throws CleaveError `MODEL_INVALID` where the JSON describes no model; `LIMIT_EXCEEDED`
 */
export function matchWeights(parts: {
  architecture: JsonNode;
  family: Family;
  weights: Hdf5Group;
  version: string | null;
  isOwn: boolean;
}): WeightsMatch {
  const { architecture, family, weights, version, isOwn } = parts;
  const root = walkArchitecture(architecture);
  const pairing =
    family === "v3"
      ? pairV3(root, weights, version)
      : pairLegacy(root, weights, isOwn ? undefined : { version });
  return judge(root, pairing, version, isOwn);
}
