import { createHash } from "node:crypto";
import type { ByteRange } from "#shared/bytes/source.ts";
import type { Hdf5Dataset, Hdf5Group } from "#shared/hdf5/model.ts";
import { allDatasets, holdsStrings } from "#shared/hdf5/tree.ts";
import type { KerasModel } from "#shared/keras/model.ts";
import { legacyTree } from "#shared/keras/legacy.ts";
import { uniteTrees } from "#shared/keras/training-state.ts";
import { rangeBytes } from "../support/hdf5-judge.ts";

/** What h5py found in the HDF5 file of a case: datasets, their bytes, and a digest of both. */
export interface Digest {
  readonly tensors: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** The same of what our reader gives: `path|dtype|[shape]|values` of each dataset, by path. */
export async function digest(model: KerasModel): Promise<Digest> {
  const hash = createHash("sha256");
  let bytes = 0;
  const datasets = allDatasets(treeOf(model)).toSorted((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path, node } of datasets) {
    if (holdsStrings(node)) throw new Error("a digest of strings in a heap is not defined");
    const values = await rangeBytes(node.data as ByteRange);
    hash.update(`${path}|${h5pyName(node)}|[${node.shape?.join(", ")}]|`).update(values);
    bytes += values.length;
  }
  return { tensors: datasets.length, bytes, sha256: hash.digest("hex") };
}

/** The tree of the HDF5 file that the model was read from. */
function treeOf(model: KerasModel): Hdf5Group {
  if (model.family === "legacy")
    return model.architecture === null ? model.weights : legacyTree(model);
  return model.training === null ? model.weights : uniteTrees(model.weights, model.training);
}

/** numpy's `dtype.str` without its byte order: `f4`, `b1`, `V2`. */
function h5pyName({ datatype: { name, size } }: Hdf5Dataset): string {
  if (name === "bool") return "b1";
  const kind = /^(?:float|u?int|complex)/.exec(name)?.[0];
  return kind === undefined ? name : `${kind === "uint" ? "u" : kind[0]}${size}`;
}
