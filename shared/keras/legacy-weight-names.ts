import { CleaveError, quote } from "../errors.ts";
import { grouped } from "../grouped.ts";
import { attribute, stringList } from "../hdf5/attributes.ts";
import type { Hdf5Group } from "../hdf5/model.ts";
import { allDatasets } from "../hdf5/tree.ts";
import { readSavedLayers } from "./layers/legacy-file.ts";

/**
 * Keras finds the weights of a legacy file by two lists alone: `layer_names`, and `weight_names` of
 * each layer (keras/src/legacy/saving/legacy_h5_format.py, load_weights_from_hdf5_group). It fails
 * on a name without a dataset, and passes over datasets without a name.
 *
 * @param where the group in the file, for messages
 * @throws CleaveError `MODEL_INVALID` where a list and what is there do not agree
 */
export function checkWeightNames(weights: Hdf5Group, where: string): void {
  if (stringList(weights, "layer_names") === undefined) return;
  for (const { name, absent, tensors } of readSavedLayers(weights)) {
    const layer = quote(`${where}/${name}`);
    const [first] = absent;
    if (first !== undefined) {
      const more = absent.length > 1 ? ` and ${grouped(absent.length - 1)} more` : "";
      throw new CleaveError(
        "MODEL_INVALID",
        `${layer}: weight_names lists ${quote(first)}${more}, for which the file has no dataset. The model would lack these weights; take an intact copy.`,
        { rule: "KB713" },
      );
    }
    const group = weights.children.get(name);
    if (tensors.length > 0 || group?.kind !== "group") continue;
    if (stringList(group, "weight_names") !== undefined) continue;
    const datasets = allDatasets(group).length;
    // Another layer may stand below, its name starting with this one's and a slash.
    const isOuter = [...group.children.values()].some(
      (child) => child.kind === "group" && attribute(child, "weight_names") !== undefined,
    );
    if (datasets === 0 || isOuter) continue;
    throw new CleaveError(
      "MODEL_INVALID",
      `${layer} has no weight_names, which Keras reads weights by, and ${grouped(datasets)} ${datasets === 1 ? "dataset" : "datasets"}. The model would lack these weights; take an intact copy.`,
      { rule: "KB713" },
    );
  }
}
