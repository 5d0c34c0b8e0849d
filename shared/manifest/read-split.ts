import { crc32 } from "../bytes/crc32.ts";
import { wholeRange } from "../bytes/range-source.ts";
import type { ByteRange, ByteSource } from "../bytes/source.ts";
import { CleaveError, inFile, quote } from "../errors.ts";
import { decodeText } from "../hdf5/attributes.ts";
import type { Hdf5Group } from "../hdf5/model.ts";
import { readHdf5 } from "../hdf5/read.ts";
import { unpackInto } from "../hdf5/unpack.ts";
import { undoEdits } from "../json/edit.ts";
import type { KerasModel, StatedChecksum } from "../keras/model.ts";
import { readModel } from "../keras/read-model.ts";
import { restoreChangedArchitecture } from "../keras/restore-architecture.ts";
import { readShards } from "../keras/shards.ts";
import { readV3Weights } from "../keras/v3.ts";
import { checkLimit } from "../limits.ts";
import { below, type Location } from "../stores/location.ts";
import type { OpenFiles } from "../stores/open-files.ts";
import { attributeFromManifest } from "./attributes.ts";
import { hexadecimal } from "./describe.ts";
import * as names from "./names.ts";
import type { Manifest, ManifestArtifact } from "./schema.ts";

/**
 * The model that was split into a folder, its tensors left in the artifacts. Architecture and
 * weights may have been changed or replaced since; `architecture` is the text for a model file.
 *
 * @param files keeps the artifacts open
 * @throws CleaveError `MISMATCH` where the weights are of the other family; the readers' codes
 */
export async function readSplit(
  folder: Location,
  manifest: Manifest,
  files: OpenFiles,
): Promise<KerasModel> {
  const statedChecksums: StatedChecksum[] = [];
  const open = async ({ file, crc32: stated }: ManifestArtifact): Promise<ByteRange> => {
    const range = wholeRange(await files.open(below(folder, file)));
    statedChecksums.push({ name: file, range, crc32: Number.parseInt(stated, 16) });
    return range;
  };
  const openAll = async (
    artifacts: readonly ManifestArtifact[],
    prefix: string,
  ): Promise<Map<string, ByteRange>> => {
    const ranges = new Map<string, ByteRange>();
    for (const artifact of artifacts) {
      ranges.set(artifact.file.slice(prefix.length), await open(artifact));
    }
    return ranges;
  };
  const tree = async (artifact: ManifestArtifact | null | undefined): Promise<Hdf5Group | null> => {
    if (artifact === null || artifact === undefined) return null;
    const range = await open(artifact);
    return readHdf5(range, unpackInto(files)).catch((error: unknown) => {
      throw inFile(quote(range.source.name), error);
    });
  };

  const { family, kerasVersion, backend } = manifest.model;
  const { shards = [] } = manifest.weights;
  const { source } = await open(manifest.weights);
  const weights =
    shards.length === 0
      ? await readModel(source, files)
      : await readSharded(source, await openAll(shards, ""), files);
  if (weights.family !== family) {
    throw new CleaveError(
      "MISMATCH",
      `${quote(manifest.weights.file)} is of the ${weights.family} family, the model of the ${family} family.`,
    );
  }
  const architecture = await modelText(manifest, await open(manifest.architecture));
  const trainingConfig = family === "legacy" ? (manifest.training?.config ?? null) : null;
  const { rootAttributes, metadata, otherObjects, otherMembers } = manifest.container;
  return {
    family,
    keras: { version: kerasVersion, backend },
    architecture,
    weights: weights.weights,
    training: (await tree(manifest.training?.state)) ?? weights.training,
    trainingConfig,
    assets: await openAll(manifest.assets, `${names.assetsFolder}/`),
    container: {
      rootAttributes: rootAttributes.flatMap((attribute) =>
        attributeFromManifest(attribute, { architecture, training: trainingConfig }),
      ),
      metadata,
      otherObjects: await tree(otherObjects),
      otherMembers: await openAll(otherMembers, `${names.otherMembersFolder}/`),
    },
    statedChecksums,
  };
}

async function readSharded(
  index: ByteSource,
  shards: ReadonlyMap<string, ByteRange>,
  files: OpenFiles,
): Promise<KerasModel> {
  checkLimit("configBytes", index.size, quote(index.name));
  const text = decodeText(await index.read(0, index.size), quote(index.name));
  const open = (name: string): Promise<ByteSource> => {
    const shard = shards.get(name);
    if (shard !== undefined) return Promise.resolve(shard.source);
    throw new CleaveError(
      "MODEL_INVALID",
      `${quote(index.name)} names ${quote(name)}, which the manifest does not.`,
    );
  };
  const tree = await readShards(text, open, unpackInto(files));
  const model = tree && readV3Weights(tree);
  if (model !== undefined) return model;
  throw new CleaveError("MODEL_INVALID", `${quote(index.name)} is no index of weights.`);
}

async function modelText(manifest: Manifest, { source }: ByteRange): Promise<string> {
  checkLimit("configBytes", source.size, quote(source.name));
  const bytes = await source.read(0, source.size);
  const text = decodeText(bytes, quote(source.name));
  const { edits } = manifest.architecture;
  if (hexadecimal(crc32(bytes)) === manifest.architecture.crc32) return undoEdits(text, edits);
  return changedModelText(manifest, text);
}

/** The text for a model file of an architecture that has taken the place of the one split off. */
export function changedModelText(manifest: Manifest, text: string): string {
  const { edits } = manifest.architecture;
  const isV3 = manifest.model.family === "v3";
  return restoreChangedArchitecture(text, edits, isV3 ? (manifest.training?.config ?? null) : null);
}
