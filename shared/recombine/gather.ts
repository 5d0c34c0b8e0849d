import { wholeRange } from "../bytes/range-source.ts";
import type { ByteRange, ByteSource } from "../bytes/source.ts";
import { CleaveError, inFile, quote } from "../errors.ts";
import { decodeText } from "../hdf5/attributes.ts";
import type { Hdf5Group } from "../hdf5/model.ts";
import { readHdf5 } from "../hdf5/read.ts";
import { unpackInto } from "../hdf5/unpack.ts";
import { assembleModel } from "../keras/assemble.ts";
import { identify } from "../keras/identify.ts";
import type { Family, KerasModel } from "../keras/model.ts";
import { isTrainingState } from "../keras/training-state.ts";
import { checkLimit } from "../limits.ts";
import * as names from "../manifest/names.ts";
import { openAny } from "../manifest/open-any.ts";
import { readManifest } from "../manifest/read.ts";
import { changedModelText, readSplit } from "../manifest/read-split.ts";
import type { Finding } from "../manifest/schema.ts";
import { below } from "../stores/location.ts";
import type { OpenFiles } from "../stores/open-files.ts";

/** A folder that `split` wrote, or parts that were saved one by one. */
export type RecombineInput = SplitFolder | PartFiles;

export interface SplitFolder {
  readonly folder: string;
  /** In place of the folder's own: JSON of `to_json()`, a model or another split folder. */
  readonly architecture?: string | undefined;
}

export interface PartFiles {
  /** JSON of `to_json()`, or a model or split folder whose architecture is taken. */
  readonly architecture: string;
  /** A file of `save_weights()`, or a model or split folder whose weights are taken. */
  readonly weights: string;
  /** A `training.h5`. */
  readonly training?: string | undefined;
  /** A folder of files for `assets/`. */
  readonly assets?: string | undefined;
}

/** All that a model is to be made of. */
export interface Gathered {
  readonly model: KerasModel;
  /** What the weights stood in, whose own architecture says what they are. */
  readonly source: KerasModel;
  /** Whether the weights were saved with this architecture. */
  readonly isOwn: boolean;
  /** What the manifest says did not agree in the model it was split from. */
  readonly known: readonly Finding[];
}

/** @throws CleaveError of every reader; `MISMATCH` for training state of another kind of model */
export async function gather(input: RecombineInput, files: OpenFiles): Promise<Gathered> {
  return "folder" in input ? fromFolder(input, files) : fromParts(input, files);
}

async function fromFolder(
  { folder, architecture }: SplitFolder,
  files: OpenFiles,
): Promise<Gathered> {
  const manifest = await readManifest(below(folder, names.manifestFile), files);
  const source = await readSplit(folder, manifest, files);
  if (architecture === undefined) {
    return { model: source, source, isOwn: true, known: manifest.findings };
  }
  const text = await readArchitecture(architecture, files);
  return {
    model: { ...source, architecture: changedModelText(manifest, text) },
    source,
    isOwn: false,
    known: [],
  };
}

async function fromParts(parts: PartFiles, files: OpenFiles): Promise<Gathered> {
  const architecture = await readArchitecture(parts.architecture, files);
  const { model: source } = await openAny(parts.weights, files);
  const training =
    parts.training === undefined ? null : await readTraining(parts.training, source.family, files);
  const assets = await readAssets(parts.assets, files);
  const model = assembleModel({ architecture, weights: source, training, assets });
  return { model, source, isOwn: parts.architecture === parts.weights, known: [] };
}

/** From JSON, or from a whole model. */
async function readArchitecture(path: string, files: OpenFiles): Promise<string> {
  if (!(await files.isFolder(path))) {
    const text = await readJsonText(await files.open(path));
    if (text !== undefined) return text;
  }
  const { architecture } = (await openAny(path, files)).model;
  if (architecture !== null) return architecture;
  throw inFile(
    quote(path),
    new CleaveError(
      "WEIGHTS_ONLY",
      "It holds weights, no architecture; give the JSON of to_json().",
    ),
  );
}

async function readJsonText(source: ByteSource): Promise<string | undefined> {
  try {
    if ((await identify(source)) !== "json") return undefined;
    checkLimit("configBytes", source.size, "architecture");
    return decodeText(await source.read(0, source.size), "architecture");
  } catch (error) {
    throw inFile(quote(source.name), error);
  }
}

/** A tree that holds training state and nothing else. */
async function readTraining(path: string, family: Family, files: OpenFiles): Promise<Hdf5Group> {
  const source = await files.open(path);
  try {
    if ((await identify(source)) !== "hdf5") {
      throw new CleaveError("NOT_A_MODEL", "This is no training.h5: it is not HDF5.");
    }
    const tree = await readHdf5(wholeRange(source), unpackInto(files));
    if (isTrainingState(tree, family)) return tree;
    throw new CleaveError(
      "MISMATCH",
      `It holds other than the training state of a ${family} model; give the training.h5 of a split.`,
    );
  } catch (error) {
    throw inFile(quote(path), error);
  }
}

async function readAssets(
  folder: string | undefined,
  files: OpenFiles,
): Promise<Map<string, ByteRange>> {
  const found = folder === undefined ? [] : await files.openFolder(folder);
  return new Map([...found].map(([name, file]) => [name, wholeRange(file)]));
}
