import { asString, member } from "../json/access.ts";
import { CleaveError } from "../errors.ts";
import type { ByteRange } from "../bytes/source.ts";
import { attribute } from "../hdf5/attributes.ts";
import type { Hdf5Attribute, Hdf5Group } from "../hdf5/model.ts";
import { vlenText } from "../hdf5/text.ts";
import { parseArchitecture } from "./architecture-text.ts";
import { architectureAttribute } from "./legacy.ts";
import type { KerasModel, KerasVersion } from "./model.ts";
import { withClassPath } from "./restore-architecture.ts";

/** Parts that were saved one by one: `to_json()`, `save_weights()`, … */
export interface LooseParts {
  /** JSON text. */
  readonly architecture: string;
  /** A weights file, or a model whose weights are taken. */
  readonly weights: KerasModel;
  readonly training: Hdf5Group | null;
  readonly assets: ReadonlyMap<string, ByteRange>;
}

/**
 * A model from parts without a manifest; its container gets what Keras's own `save()` writes.
 *
 * @throws CleaveError `UNSUPPORTED` for weights of Keras 0.x, which had no model files
 */
export function assembleModel({ architecture, weights, training, assets }: LooseParts): KerasModel {
  if (attribute(weights.weights, "nb_layers") !== undefined) {
    throw new CleaveError(
      "UNSUPPORTED",
      "These are weights of Keras 0.x, which kept no whole models. Load them with Keras 1 and save the model there.",
    );
  }
  const root = parseArchitecture(architecture);
  const keras: KerasVersion = {
    version: asString(member(root, "keras_version")) ?? weights.keras.version,
    backend: asString(member(root, "backend")) ?? weights.keras.backend,
  };
  const isV3 = weights.family === "v3";
  return {
    family: weights.family,
    keras,
    architecture: isV3 ? withClassPath(architecture) : architecture,
    weights: weights.weights,
    training: training ?? weights.training,
    trainingConfig: null,
    assets: isV3 && assets.size === 0 ? weights.assets : assets,
    container: {
      rootAttributes: isV3 ? [] : rootAttributes(architecture, keras),
      metadata: null,
      otherObjects: null,
      otherMembers: new Map(),
      unclaimed: [],
    },
    statedChecksums: [],
  };
}

function rootAttributes(architecture: string, { version, backend }: KerasVersion): Hdf5Attribute[] {
  return [
    ...(version === null ? [] : [vlenText("keras_version", version, "utf8")]),
    ...(backend === null ? [] : [vlenText("backend", backend, "utf8")]),
    vlenText(architectureAttribute, architecture, "ascii"),
  ];
}
