import type { Family } from "../keras/model.ts";

export const manifestFile = "manifest.json";
export const architectureFile = "architecture.json";
export const trainingFile = "training.h5";
export const otherObjectsFile = "other.h5";
export const assetsFolder = "assets";
export const otherMembersFolder = "other";

/** Of weights in shards: "model_00000.weights.h5", … */
export const shardsBase = "model";
/** Keras's index of them, by which `load_weights` takes all. */
export const shardIndexFile = "model.weights.json";

/**
 * Keras 3 picks the reader of a weights file by its name alone: `.weights.h5` is a v3 tree, any
 * other `.h5` a legacy one (keras/src/saving/saving_api.py, load_weights).
 */
export const weightsFile: Readonly<Record<Family, string>> = {
  v3: "model.weights.h5",
  legacy: "model_weights.h5",
};
