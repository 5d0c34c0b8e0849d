import { basename, join } from "node:path";
import { layout, type Layout } from "./bytes/layout.ts";
import { wholeRange } from "./bytes/range-source.ts";
import { sha256 } from "./bytes/sha256.ts";
import type { ByteRange } from "./bytes/source.ts";
import { CleaveError, inFile, quote } from "./errors.ts";
import { layOutHdf5 } from "./hdf5/lay-out.ts";
import { publishArchitecture, parseArchitecture } from "./keras/architecture-text.ts";
import { differingParts } from "./keras/differing-parts.ts";
import { matchModel } from "./keras/match-model.ts";
import type { KerasModel } from "./keras/model.ts";
import { openModel, type OpenedModel } from "./keras/open-model.ts";
import { divideWeights } from "./keras/shards.ts";
import { sorted } from "./keras/v3.ts";
import { describeSplit, type WrittenArtifacts } from "./manifest/describe.ts";
import * as names from "./manifest/names.ts";
import { readManifest } from "./manifest/read.ts";
import type { Manifest } from "./manifest/schema.ts";
import { artifactNames } from "./manifest/artifacts.ts";
import { Progress, type OnProgress } from "./progress.ts";
import { ArtifactFolder } from "./stores/artifact-folder.ts";
import { OpenFiles } from "./stores/open-files.ts";
import type { Moved } from "./stores/move-layout.ts";
import { samePath } from "./stores/same-path.ts";
import { exists } from "./stores/write-file.ts";

export interface SplitOptions {
  /** The folder to write into. */
  readonly out: string;
  /** Keep optimizer state and training configuration; true unless said otherwise. */
  readonly training?: boolean;
  /** The most bytes of tensors in one file of weights; else all are in one. Only of a `.keras`. */
  readonly maxShardSize?: number | undefined;
  /** Record the SHA-256 of every tensor and of the source. */
  readonly digest?: "sha256" | null;
  /** Replace what the folder holds. */
  readonly force?: boolean;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

export interface SplitResult {
  readonly folder: string;
  readonly manifest: Manifest;
}

/**
 * Splits a model file into architecture, weights, training state and assets. The manifest is
 * written last; without it, the folder holds nothing that counts.
 *
 * @throws CleaveError `MODEL_INVALID` for weights without an architecture, `TARGET_EXISTS`, and
 *   every code of the readers; then the folder is left as if nothing had happened
 */
export async function split(path: string, options: SplitOptions): Promise<SplitResult> {
  const files = new OpenFiles();
  try {
    return await splitOpened(path, await openModel(path, files), files, options);
  } catch (error) {
    throw inFile(quote(path), error);
  } finally {
    await files.close();
  }
}

async function splitOpened(
  path: string,
  { model, file }: OpenedModel,
  files: OpenFiles,
  options: SplitOptions,
): Promise<SplitResult> {
  const { out, training = true, digest = null, force = false, signal } = options;
  if (model.architecture === null) {
    throw new CleaveError(
      "MODEL_INVALID",
      "It holds weights without an architecture (no config.json, no model_config), so there is nothing to split. recombine takes it as --weights, with the model's to_json() as --architecture.",
    );
  }
  const kept = training ? model : withoutTraining(model);
  const published = publishArchitecture(model.architecture, model.family, model.keras);
  const match = matchModel(model, parseArchitecture(published.text));

  const layouts = artifactLayouts(kept, published.text, options.maxShardSize);
  const progress = new Progress(layouts, options.onProgress);
  const plan = {
    names: [...layouts.keys()],
    earlier: await earlierArtifacts(out),
    overwrite: force,
  };
  await refuseOwnSource(files.paths, out, [...plan.names, ...plan.earlier]);
  const folder = await ArtifactFolder.begin(out, plan);
  try {
    const written = new Map<string, Moved>();
    for (const [name, content] of layouts) {
      const onProgress = (bytes: number): void => progress.add(bytes);
      written.set(
        name,
        await folder.write(name, content, { digest: digest !== null, onProgress, signal }),
      );
    }
    await refuseDamage(model, written);
    const artifacts: WrittenArtifacts = { layouts, written };
    const checksum =
      digest === null || file === null
        ? null
        : { algorithm: "sha256", value: await sha256(wholeRange(file)) };
    const manifest = describeSplit({
      source: {
        bucket: null,
        key: basename(path),
        version: null,
        size: files.size,
        checksum,
      },
      model: kept,
      published,
      match,
      artifacts,
      options: { training, digest },
    });
    await folder.finish(`${JSON.stringify(manifest, null, 2)}\n`);
    return { folder: out, manifest };
  } catch (error) {
    await folder.abandon();
    throw error;
  }
}

function withoutTraining(model: KerasModel): KerasModel {
  return { ...model, training: null, trainingConfig: null };
}

/** Everything but the manifest, in the order it is written. */
function artifactLayouts(
  model: KerasModel,
  architecture: string,
  maxShardSize: number | undefined,
): Map<string, Layout> {
  const { training, assets, container } = model;
  const layouts = new Map<string, Layout>([
    [names.architectureFile, layout([Buffer.from(architecture)])],
    ...weightsLayouts(model, maxShardSize),
  ]);
  if (training !== null) layouts.set(names.trainingFile, layOutHdf5(training));
  const { otherObjects, otherMembers } = container;
  if (otherObjects !== null) layouts.set(names.otherObjectsFile, layOutHdf5(otherObjects));
  for (const [name, range] of sorted(assets)) {
    layouts.set(`${names.assetsFolder}/${name}`, layout([range]));
  }
  for (const [name, range] of sorted(otherMembers)) {
    layouts.set(`${names.otherMembersFolder}/${name}`, layout([range]));
  }
  return layouts;
}

function weightsLayouts(
  { family, weights }: KerasModel,
  maxShardSize: number | undefined,
): [string, Layout][] {
  if (maxShardSize === undefined) return [[names.weightsFile[family], layOutHdf5(weights)]];
  if (family === "legacy") {
    throw new CleaveError(
      "UNSUPPORTED",
      "Keras divides only the weights of .keras files among several; a legacy .h5 stays whole.",
    );
  }
  const { index, shards } = divideWeights(weights, names.shardsBase, maxShardSize);
  return [
    [names.shardIndexFile, layout([Buffer.from(index)])],
    ...shards.map(({ name, tree }): [string, Layout] => [name, layOutHdf5(tree)]),
  ];
}

/** The model may stand in the folder, but not where an artifact is to stand. */
async function refuseOwnSource(
  sources: readonly string[],
  folder: string,
  artifacts: readonly string[],
): Promise<void> {
  const targets = artifacts.map((name) => join(folder, name));
  for (const source of sources) {
    const taken = await samePath(source, targets);
    if (taken === undefined) continue;
    throw new CleaveError(
      "TARGET_EXISTS",
      `The model itself is ${quote(taken)}, where an artifact is to be written. Choose another --out.`,
    );
  }
}

/** Names of what an earlier split left in the folder; a damaged manifest names nothing. */
async function earlierArtifacts(folder: string): Promise<string[]> {
  const path = join(folder, names.manifestFile);
  if (!(await exists(path))) return [];
  return readManifest(path).then(artifactNames, () => []);
}

/** What was moved must be what the archive says it holds. */
async function refuseDamage(
  { statedChecksums }: KerasModel,
  written: ReadonlyMap<string, Moved>,
): Promise<void> {
  const [damaged] = await differingParts(statedChecksums, knownChecksums(written));
  if (damaged === undefined) return;
  throw new CleaveError(
    "ZIP_INVALID",
    `Archive member ${quote(damaged)} does not match its checksum; the file is damaged. Take an intact copy.`,
  );
}

function knownChecksums(written: ReadonlyMap<string, Moved>): Map<ByteRange, number> {
  return new Map([...written.values()].flatMap(({ checksums }) => [...checksums]));
}
