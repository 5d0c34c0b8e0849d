import { CleaveError, quote } from "../../errors.ts";
import { attribute, stringList } from "../../hdf5/attributes.ts";
import type { Hdf5Dataset, Hdf5Group, Hdf5Node } from "../../hdf5/model.ts";
import type { Located } from "../../hdf5/tree.ts";

/** A layer as a legacy weights file lists it. */
export interface SavedLayer {
  readonly name: string;
  readonly tensors: readonly SavedTensor[];
}

export interface SavedTensor {
  /** As `weight_names` has it: "dense/kernel:0", "dense_1_W", "param_0". */
  readonly name: string;
  readonly tensor: Located<Hdf5Dataset>;
}

export const topLevelGroup = "top_level_model_weights";

/**
 * Layers and their tensors in the order of `layer_names` and `weight_names`; only these say what is
 * a layer, since names may hold slashes. Keras 0.x numbers both (keras/models.py, save_weights).
 *
 * @throws CleaveError `MODEL_INVALID` where a listed group or dataset is not there
 */
export function readSavedLayers(weights: Hdf5Group): readonly SavedLayer[] {
  const names = stringList(weights, "layer_names");
  if (names !== undefined) return names.map((name) => readSavedLayer(weights, name));
  if (attribute(weights, "nb_layers") === undefined) return [];
  const numbered = numberedChildren(weights, "layer_");
  return numbered.map(([name, group]) => ({
    name,
    tensors: numberedChildren(group, "param_").flatMap(([param, node]) =>
      node.kind === "dataset" ? [{ name: param, tensor: { path: `${name}/${param}`, node } }] : [],
    ),
  }));
}

/** @throws CleaveError `MODEL_INVALID` where a listed group or dataset is not there */
export function readSavedLayer(weights: Hdf5Group, name: string): SavedLayer {
  const group = nodeAt(weights, name);
  if (group?.kind !== "group") {
    throw new CleaveError(
      "MODEL_INVALID",
      `layer_names lists ${quote(name)}, but there is no such group; the weights are damaged.`,
    );
  }
  const tensors = (stringList(group, "weight_names") ?? []).map((weightName) => {
    const node = nodeAt(group, weightName);
    if (node?.kind !== "dataset") {
      throw new CleaveError(
        "MODEL_INVALID",
        `${quote(name)}: weight_names lists ${quote(weightName)}, but there is no such dataset; the weights are damaged.`,
      );
    }
    return { name: weightName, tensor: { path: `${name}/${weightName}`, node } };
  });
  return { name, tensors };
}

function nodeAt(group: Hdf5Group, path: string): Hdf5Node | undefined {
  let found: Hdf5Node | undefined = group;
  for (const name of path.split("/")) {
    if (name === "" || name === ".") continue;
    found = found?.kind === "group" ? found.children.get(name) : undefined;
  }
  return found;
}

function numberedChildren(node: Hdf5Node, prefix: string): [string, Hdf5Node][] {
  const found: [string, Hdf5Node][] = [];
  if (node.kind !== "group") return found;
  for (let child; (child = node.children.get(`${prefix}${found.length}`));) {
    found.push([`${prefix}${found.length}`, child]);
  }
  return found;
}
