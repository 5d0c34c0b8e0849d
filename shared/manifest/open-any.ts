import type { KerasModel } from "../keras/model.ts";
import { openModel } from "../keras/open-model.ts";
import type { OpenFiles } from "../stores/open-files.ts";
import { below, type Location } from "../stores/location.ts";
import * as names from "./names.ts";
import { readManifest } from "./read.ts";
import { readSplit } from "./read-split.ts";

export interface OpenedAny {
  readonly model: KerasModel;
  readonly kind: "model" | "weights" | "split";
}

/**
 * Opens whatever holds tensors: a model, weights, or the folder of a split.
 *
 * @param files keeps open what the tensors stand in
 * @throws CleaveError `NOT_A_MODEL` saying what is there instead, and every code of the readers
 */
export async function openAny(path: Location, files: OpenFiles): Promise<OpenedAny> {
  const manifest = below(path, names.manifestFile);
  if ((await files.isFolder(path)) && (await files.exists(manifest))) {
    return {
      model: await readSplit(path, await readManifest(manifest, files), files),
      kind: "split",
    };
  }
  const { model } = await openModel(path, files);
  return { model, kind: model.architecture === null ? "weights" : "model" };
}
