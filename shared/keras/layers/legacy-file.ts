import { CleaveError, quote } from "../../errors.ts";
import { attribute, stringList } from "../../hdf5/attributes.ts";
import type { Hdf5Dataset, Hdf5Group, Hdf5Node } from "../../hdf5/model.ts";
import type { Located } from "../../hdf5/tree.ts";

/** A layer as a legacy weights file lists it. */
export interface SavedLayer {
  readonly name: string;
  /** Its place in the list. */
  readonly index: number;
  readonly tensors: readonly SavedTensor[];
  /** Weights that are listed and not there. */
  readonly absent: readonly string[];
}

export interface SavedTensor {
  /** As `weight_names` has it: "dense/kernel:0", "param_0"; of Keras 1, "dense_1/W". */
  readonly name: string;
  readonly tensor: Located<Hdf5Dataset>;
}

export const topLevelGroup = "top_level_model_weights";

/**
 * Layers and their tensors in the order of `layer_names` and `weight_names`; only these say what is
 * a layer, since names may hold slashes. Keras 0.x numbers both (keras/models.py, save_weights).
 *
 * @throws CleaveError `MODEL_INVALID` where a name is listed twice
 */
export function readSavedLayers(weights: Hdf5Group): readonly SavedLayer[] {
  const names = stringList(weights, "layer_names");
  if (names !== undefined) {
    refuseDuplicates(names, "layer_names");
    return names.map((name, index) => ({ ...readSavedLayer(weights, name), index }));
  }
  if (attribute(weights, "nb_layers") === undefined) return [];
  return numberedChildren(weights, "layer_").map(([name, group], index) => ({
    name,
    index,
    absent: [],
    tensors: numberedChildren(group, "param_").flatMap(([param, node]) =>
      node.kind === "dataset" ? [{ name: param, tensor: { path: `${name}/${param}`, node } }] : [],
    ),
  }));
}

function refuseDuplicates(names: readonly string[], where: string): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      throw new CleaveError(
        "MODEL_INVALID",
        `${where} lists ${quote(name)} twice; the weights are damaged.`,
        { rule: "KH558" },
      );
    }
    seen.add(name);
  }
}

/** The group's tensors that `weight_names` lists; a layer whose group is not there has none. */
export function readSavedLayer(weights: Hdf5Group, name: string): Omit<SavedLayer, "index"> {
  const group = nodeAt(weights, name);
  const names = group?.kind === "group" ? (stringList(group, "weight_names") ?? []) : [];
  refuseDuplicates(names, `weight_names of ${quote(name)}`);
  const tensors: SavedTensor[] = [];
  const absent: string[] = [];
  for (const weightName of names) {
    const node = group && nodeAt(group, weightName);
    if (node?.kind !== "dataset") absent.push(weightName);
    else
      tensors.push({
        name: scoped(name, weightName),
        tensor: { path: joined(name, weightName), node },
      });
  }
  return { name, tensors, absent };
}

/** "dense_1/W" for Keras 1's "dense_1_W". */
function scoped(layer: string, weight: string): string {
  const rest = weight.slice(layer.length + 1);
  return weight === `${layer}_${rest}` && !/^\d*$/.test(rest) ? `${layer}/${rest}` : weight;
}

function nodeAt(group: Hdf5Node, path: string): Hdf5Node | undefined {
  let found: Hdf5Node | undefined = group;
  for (const name of parts(path)) {
    found = found?.kind === "group" ? found.children.get(name) : undefined;
  }
  return found;
}

/** As HDF5 resolves a path: empty parts and "." stand for where one is. */
function parts(path: string): readonly string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

function joined(...paths: readonly string[]): string {
  return paths.flatMap(parts).join("/");
}

function numberedChildren(node: Hdf5Node, prefix: string): [string, Hdf5Node][] {
  const found: [string, Hdf5Node][] = [];
  if (node.kind !== "group") return found;
  for (let child; (child = node.children.get(`${prefix}${found.length}`));) {
    found.push([`${prefix}${found.length}`, child]);
  }
  return found;
}
