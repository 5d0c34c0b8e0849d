import { allEnded, allOrNone } from "../all-or-none.ts";
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

/** Of a model with many assets, on S3. */
const openedAtOnce = 16;

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
  const { container, training } = manifest;
  const { family, kerasVersion, backend } = manifest.model;
  const { shards = [] } = manifest.weights;
  const artifacts = [
    manifest.weights,
    ...shards,
    manifest.architecture,
    ...(training?.state ? [training.state] : []),
    ...manifest.assets,
    ...(container.otherObjects ? [container.otherObjects] : []),
    ...container.otherMembers,
  ];
  const statedChecksums = await allOrNone(
    artifacts,
    openedAtOnce,
    async ({ file, crc32: stated }): Promise<StatedChecksum> => {
      const range = wholeRange(await files.open(below(folder, file)));
      return { name: file, range, crc32: Number.parseInt(stated, 16) };
    },
  );
  const ranges = new Map(statedChecksums.map(({ name, range }) => [name, range]));
  const rangesOf = (group: readonly ManifestArtifact[], prefix: string): Map<string, ByteRange> =>
    new Map(group.map(({ file }) => [file.slice(prefix.length), ranges.get(file)!]));
  const tree = async (artifact: ManifestArtifact | null | undefined): Promise<Hdf5Group | null> => {
    if (artifact === null || artifact === undefined) return null;
    return readHdf5(ranges.get(artifact.file)!, unpackInto(files)).catch((error: unknown) => {
      throw inFile(quote(below(folder, artifact.file)), error);
    });
  };
  const { source } = ranges.get(manifest.weights.file)!;
  const [weights, architecture, state, otherObjects] = await allEnded([
    shards.length === 0
      ? readModel(source, files)
      : readSharded(source, rangesOf(shards, ""), files),
    modelText(manifest, ranges.get(manifest.architecture.file)!),
    tree(training?.state),
    tree(container.otherObjects),
  ]);
  if (weights.family !== family) {
    throw new CleaveError(
      "MISMATCH",
      `${quote(manifest.weights.file)} is of the ${weights.family} family, the model of the ${family} family.`,
    );
  }
  const trainingConfig = family === "legacy" ? (training?.config ?? null) : null;
  return {
    family,
    keras: { version: kerasVersion, backend },
    architecture,
    weights: weights.weights,
    training: state ?? weights.training,
    trainingConfig,
    assets: rangesOf(manifest.assets, `${names.assetsFolder}/`),
    container: {
      rootAttributes: container.rootAttributes.flatMap((attribute) =>
        attributeFromManifest(attribute, { architecture, training: trainingConfig }),
      ),
      metadata: container.metadata,
      otherObjects,
      otherMembers: rangesOf(container.otherMembers, `${names.otherMembersFolder}/`),
      unclaimed: [],
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
