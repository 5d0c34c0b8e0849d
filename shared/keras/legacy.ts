import { CleaveError } from "../errors.ts";
import { attribute, stringList, textAttribute } from "../hdf5/attributes.ts";
import type { Hdf5Attribute, Hdf5Group, Hdf5Node } from "../hdf5/model.ts";
import { vlenText } from "../hdf5/text.ts";
import { checkWeightNames } from "./legacy-weight-names.ts";
import type { KerasModel } from "./model.ts";

const weightsGroup = "model_weights";
export const optimizerGroup = "optimizer_weights";
export const architectureAttribute = "model_config";
export const trainingAttribute = "training_config";

/**
 * Reads a legacy HDF5 file, whole model (`save()`) or weights alone (`save_weights()`).
 *
 * Layout since Keras 1.0.7 (keras/models.py, later keras/engine/saving.py, today
 * keras/src/legacy/saving/legacy_h5_format.py): configs are attributes of the root, weights stand
 * below `model_weights`, optimizer state below `optimizer_weights`. Keras 0.x wrote weights alone,
 * with `nb_layers`.
 *
 * @returns undefined where the file is of another kind
 */
export function readLegacy(root: Hdf5Group): KerasModel | undefined {
  const weights = root.children.get(weightsGroup);
  if (weights?.kind !== "group") return readLegacyWeights(root);
  if (!isLegacyWeights(weights)) {
    throw new CleaveError(
      "MODEL_INVALID",
      `/${weightsGroup} has no layer_names; the file is no whole model.`,
      { rule: "KB713" },
    );
  }
  checkWeightNames(weights, `/${weightsGroup}`);
  const architecture = textAttribute(root, architectureAttribute);
  const others = [...root.children].filter(
    ([name]) => name !== weightsGroup && name !== optimizerGroup,
  );
  return {
    family: "legacy",
    keras: {
      version: textAttribute(root, "keras_version") ?? textAttribute(weights, "keras_version"),
      backend: textAttribute(root, "backend") ?? textAttribute(weights, "backend"),
    },
    architecture,
    weights,
    training: groupOf([...root.children].filter(([name]) => name === optimizerGroup)),
    trainingConfig: textAttribute(root, trainingAttribute),
    assets: new Map(),
    container: {
      rootAttributes: root.attributes,
      metadata: null,
      otherObjects: groupOf(others),
      otherMembers: new Map(),
      unclaimed: [],
    },
    statedChecksums: [],
  };
}

function readLegacyWeights(root: Hdf5Group): KerasModel | undefined {
  if (!isLegacyWeights(root)) return undefined;
  checkWeightNames(root, "");
  return {
    family: "legacy",
    keras: {
      version: textAttribute(root, "keras_version"),
      backend: textAttribute(root, "backend"),
    },
    architecture: null,
    weights: root,
    training: null,
    trainingConfig: null,
    assets: new Map(),
    container: {
      rootAttributes: [],
      metadata: null,
      otherObjects: null,
      otherMembers: new Map(),
      unclaimed: [],
    },
    statedChecksums: [],
  };
}

function isLegacyWeights(group: Hdf5Group): boolean {
  return (
    stringList(group, "layer_names") !== undefined || attribute(group, "nb_layers") !== undefined
  );
}

function groupOf(children: readonly [string, Hdf5Node][]): Hdf5Group | null {
  if (children.length === 0) return null;
  return { kind: "group", attributes: [], children: new Map(children) };
}

/** The tree of a legacy whole-model file. */
export function legacyTree(model: KerasModel): Hdf5Group {
  const children = new Map<string, Hdf5Node>([[weightsGroup, model.weights]]);
  for (const part of [model.training, model.container.otherObjects]) {
    for (const [name, child] of part?.children ?? []) children.set(name, child);
  }
  const attributes = model.container.rootAttributes.flatMap((present): Hdf5Attribute[] => {
    if (present.name === architectureAttribute) return withText(present, model.architecture);
    if (present.name === trainingAttribute) return withText(present, model.trainingConfig);
    return [present];
  });
  return { kind: "group", attributes, children };
}

/** The attribute with this text; as it was where the text is the same, none where there is none. */
function withText(present: Hdf5Attribute, text: string | null): Hdf5Attribute[] {
  if (text === null) return [];
  const owner: Hdf5Group = { kind: "group", attributes: [present], children: new Map() };
  return [
    textAttribute(owner, present.name) === text ? present : vlenText(present.name, text, "ascii"),
  ];
}
