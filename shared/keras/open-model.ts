import { wholeRange } from "../bytes/range-source.ts";
import type { ByteSource } from "../bytes/source.ts";
import { CleaveError, inFile, quote } from "../errors.ts";
import { decodeText } from "../hdf5/attributes.ts";
import { unpackInto } from "../hdf5/unpack.ts";
import { checkLimit } from "../limits.ts";
import { below, folderOf, type Location } from "../stores/location.ts";
import type { OpenFiles } from "../stores/open-files.ts";
import type { FileSource } from "../stores/stored-file.ts";
import type { ZipMember } from "../zip/member.ts";
import { identify } from "./identify.ts";
import type { KerasModel } from "./model.ts";
import { readModel } from "./read-model.ts";
import { readShards } from "./shards.ts";
import { configMember, readV3Archive, readV3Weights, weightsMember } from "./v3.ts";

export interface OpenedModel {
  readonly model: KerasModel;
  /** The one file it stands in; null where there are several. */
  readonly file: FileSource | null;
}

/**
 * Opens a model or weights: a file, the folder a `.keras` archive was unpacked into, or the index of
 * sharded weights, whose shards stand beside it.
 *
 * @param files keeps open what the tensors stand in
 * @throws CleaveError `NOT_A_MODEL` saying what is there instead, and every code of the readers
 */
export async function openModel(path: Location, files: OpenFiles): Promise<OpenedModel> {
  if (await files.isFolder(path)) return openFolder(path, files);
  const file = await files.open(path);
  const sharded = await openShards(file, files);
  if (sharded !== undefined) return { model: sharded, file: null };
  return { model: await readModel(file, files), file };
}

async function openFolder(folder: Location, files: OpenFiles): Promise<OpenedModel> {
  for (const name of [configMember, weightsMember]) {
    if (await files.exists(below(folder, name))) continue;
    const what = await describeFolder(folder, name, files);
    throw new CleaveError("NOT_A_MODEL", `${quote(folder)} ${what}.`);
  }
  const members = new Map<string, ZipMember>();
  for (const [name, file] of await files.openFolder(folder)) {
    const stored = wholeRange(file);
    members.set(name, { name, size: file.size, crc32: null, deflated: false, stored });
  }
  const model = await readV3Archive(members, files).catch((error: unknown) => {
    throw inFile(quote(folder), error);
  });
  return { model, file: null };
}

async function describeFolder(
  folder: Location,
  missing: string,
  files: OpenFiles,
): Promise<string> {
  const has = (name: string): Promise<boolean> => files.exists(below(folder, name));
  if (await has("saved_model.pb")) {
    return "is a TensorFlow SavedModel. Save the model as .keras";
  }
  if (await has("manifest.json")) {
    return "is a folder of cleave split, not a model; recombine makes a model of it";
  }
  if (await has("checkpoint")) {
    return "is a TensorFlow checkpoint, weights without an architecture. Load it with load_weights and save the model as .keras";
  }
  return `is a folder without ${missing}: no Keras model`;
}

async function openShards(index: ByteSource, files: OpenFiles): Promise<KerasModel | undefined> {
  try {
    if ((await identify(index)) !== "json") return undefined;
    checkLimit("configBytes", index.size, "index of sharded weights");
    const text = decodeText(await index.read(0, index.size), "index of sharded weights");
    const open = (name: string): Promise<ByteSource> =>
      files.open(below(folderOf(index.name), name));
    const tree = await readShards(text, open, unpackInto(files));
    return tree && readV3Weights(tree);
  } catch (error) {
    // What is no JSON is no index; it is named when it is read as a model.
    if (error instanceof CleaveError && error.code === "JSON_INVALID") return undefined;
    throw inFile(quote(index.name), error);
  }
}
