import { CleaveError, quote } from "../errors.ts";
import type { Hdf5Group, Hdf5Node } from "../hdf5/model.ts";
import { allDatasets } from "../hdf5/tree.ts";
import { optimizerGroup } from "./legacy.ts";
import type { Family } from "./model.ts";

/** A tree in two parts that have no dataset in common; `uniteTrees` puts them together again. */
interface SeparatedTree {
  readonly weights: Hdf5Group;
  readonly training: Hdf5Group | null;
}

/**
 * Takes optimizer and metric state out of a v3 tree. Each part keeps the paths the file has.
 *
 * Keras writes a compiled model's optimizer to `optimizer` (keras/src/saving/saving_lib.py, all
 * versions) and, until tf_keras, its metrics to `metrics`, beside the model's own `vars`: at the
 * root and wherever a compiled model stands inside another.
 */
export function separateTraining(root: Hdf5Group): SeparatedTree {
  return { weights: without(root, true), training: only(root, true) };
}

/** The group without training state. */
function without(group: Hdf5Group, isRoot: boolean): Hdf5Group {
  const inModel = isRoot || ownsVariables(group);
  const children = new Map<string, Hdf5Node>();
  for (const [name, child] of group.children) {
    if (child.kind === "dataset") children.set(name, child);
    else if (!(inModel && isStateGroup(name, child))) children.set(name, without(child, false));
  }
  return { ...group, children };
}

/** The training state in a group with the groups on the way to it, or null where there is none. */
function only(group: Hdf5Group, isRoot: boolean): Hdf5Group | null {
  const inModel = isRoot || ownsVariables(group);
  const children = new Map<string, Hdf5Node>();
  for (const [name, child] of group.children) {
    if (child.kind === "dataset") continue;
    const found = inModel && isStateGroup(name, child) ? child : only(child, false);
    if (found !== null) children.set(name, found);
  }
  return children.size === 0 ? null : { kind: "group", attributes: [], children };
}

/**
 * Only in a model's own group: inside a container (`layers`), a name stands for a class, and a
 * class may be called Optimizer or Metrics. `metrics` is a property that Keras reserves on every
 * layer; an attribute `optimizer` of a custom layer can be anything, so it must look like one.
 */
function isStateGroup(name: string, group: Hdf5Group): boolean {
  return name === "metrics" || (name === "optimizer" && isOptimizer(group));
}

/** Layers and models have variables of their own or at least a place for them; containers do not. */
function ownsVariables(group: Hdf5Group): boolean {
  const vars = group.children.get("vars");
  // A container may hold a layer of a class called Vars, which has a group of its own in it.
  return (
    vars?.kind === "group" && [...vars.children.values()].every(({ kind }) => kind === "dataset")
  );
}

/** The first variable of every optimizer is its iteration, an integer scalar. */
function isOptimizer(group: Hdf5Group): boolean {
  const vars = group.children.get("vars");
  const first = vars?.kind === "group" ? vars.children.get("0") : undefined;
  if (first?.kind !== "dataset") return first === undefined && !group.children.has("layers");
  return first.shape?.length === 0 && /^>?u?i/.test(first.datatype.name);
}

/**
 * Both trees in one; where both have a group, the attributes are those of the first.
 *
 * @throws CleaveError `MISMATCH` where both have a dataset of one path
 */
export function uniteTrees(first: Hdf5Group, second: Hdf5Group, path = ""): Hdf5Group {
  const children = new Map(first.children);
  for (const [name, child] of second.children) {
    const present = children.get(name);
    const childPath = path === "" ? name : `${path}/${name}`;
    if (present === undefined) children.set(name, child);
    else if (present.kind === "group" && child.kind === "group") {
      children.set(name, uniteTrees(present, child, childPath));
    } else {
      throw new CleaveError(
        "MISMATCH",
        `Weights and training state both hold ${quote(childPath)}; they are not of one model.`,
      );
    }
  }
  return { ...first, children };
}

/** Whether a tree, such as that of a `training.h5`, holds training state and nothing else. */
export function isTrainingState(tree: Hdf5Group, family: Family): boolean {
  if (family === "legacy")
    return [...tree.children.keys()].every((name) => name === optimizerGroup);
  return allDatasets(without(tree, true)).length === 0;
}
