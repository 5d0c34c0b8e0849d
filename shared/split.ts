import { allOrNone } from "./all-or-none.ts";
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
import { expectWholeModel } from "./keras/whole-model.ts";
import { openModel, type OpenedModel } from "./keras/open-model.ts";
import { divideWeights } from "./keras/shards.ts";
import { describeSplit, type WrittenArtifacts } from "./manifest/describe.ts";
import { memberLayouts } from "./manifest/member-layouts.ts";
import * as names from "./manifest/names.ts";
import { readManifest } from "./manifest/read.ts";
import { manifestSchemaId } from "./manifest/schema-id.ts";
import type { Manifest, ManifestSource } from "./manifest/schema.ts";
import { artifactNames } from "./manifest/artifacts.ts";
import { decide, defaultPolicy, type Policy } from "./scan/policy.ts";
import { refuseQuarantined } from "./scan/quarantined-error.ts";
import { scanModel } from "./scan/scan-model.ts";
import { Progress, type OnProgress } from "./progress.ts";
import { below, type Location } from "./stores/location.ts";
import { OpenFiles, type StoreOptions } from "./stores/open-files.ts";
import type { Moved, Store } from "./stores/store.ts";
import type { FileSource } from "./stores/stored-file.ts";
import type { Transfer } from "./stores/transfer.ts";

export interface SplitOptions extends StoreOptions {
  /** The folder to write into. */
  readonly out: Location;
  /** Keep optimizer state and training configuration; true unless said otherwise. */
  readonly training?: boolean;
  /** The most bytes of tensors in one file of weights; else all are in one. Only of a `.keras`. */
  readonly maxShardSize?: number | undefined;
  /** Record the SHA-256 of every tensor and of the source. */
  readonly digest?: "sha256" | null;
  /** Replace what the folder holds. */
  readonly force?: boolean;
  /** What is known to be harmless; a model that it quarantines is not split. Without one, all are. */
  readonly policy?: Policy | undefined;
  readonly onProgress?: OnProgress;
}

export interface SplitResult {
  readonly folder: string;
  readonly manifest: Manifest;
  /** Whether this very split stood there already, so that nothing was written. */
  readonly existing: boolean;
  /** What went through S3; null where S3 had no part in it. */
  readonly transfer: Transfer | null;
}

/**
 * Splits a model file into architecture, weights, training state and assets. The manifest is
 * written last; without it, the folder holds nothing that counts. On S3, where every version of an
 * object can be told from every other, a split that stands there already is left as it is.
 *
 * @throws QuarantinedError where the policy keeps the model away; CleaveError `WEIGHTS_ONLY` for weights without an architecture, `TARGET_EXISTS`, and
 *   every code of the readers; then the folder is left as if nothing had happened
 */
export async function split(path: Location, options: SplitOptions): Promise<SplitResult> {
  const files = new OpenFiles(options);
  try {
    // Both are asked for at once; the model's answer is used when it is opened.
    const [earlier] = await Promise.all([earlierManifest(options.out, files), files.exists(path)]);
    if (earlier !== null && (await isSameSplit(earlier, path, files, options))) {
      const transfer = await files.transfer();
      return { folder: options.out, manifest: earlier, existing: true, transfer };
    }
    return await splitOpened(path, await openModel(path, files), earlier, files, options);
  } catch (error) {
    throw inFile(quote(path), error);
  } finally {
    await files.close();
  }
}

async function splitOpened(
  path: Location,
  { model, file }: OpenedModel,
  earlier: Manifest | null,
  files: OpenFiles,
  options: SplitOptions,
): Promise<SplitResult> {
  const { out, training = true, digest = null, force = false, signal } = options;
  expectWholeModel(model);
  const scan = decide(options.policy ?? defaultPolicy, await scanModel(model, false));
  if (options.policy !== undefined) refuseQuarantined(scan);
  const store = await files.storeOf(out);
  const source = sourceOf(path, file, files.size, await files.storeOf(path));
  const kept = training ? model : withoutTraining(model);
  const published = publishArchitecture(model.architecture, model.family, model.keras);
  const match = matchModel(model, parseArchitecture(published.text));

  const layouts = artifactLayouts(kept, published.text, options.maxShardSize);
  const progress = new Progress(layouts, options.onProgress);
  const plan = {
    manifest: { name: names.manifestFile, schema: manifestSchemaId },
    names: [...layouts.keys()],
    earlier: earlier === null ? [] : artifactNames(earlier),
    overwrite: force,
  };
  await refuseOwnSource(files, out, [...plan.names, ...plan.earlier]);
  const folder = await store.beginFolder(out, plan);
  try {
    const onProgress = (bytes: number): void => progress.add(bytes);
    const moving = { digest: digest !== null, onProgress, signal };
    const written = new Map(
      await allOrNone([...layouts], store.writesAtOnce, async ([name, content]) => {
        return [name, await folder.write(name, content, moving)] as const;
      }),
    );
    await refuseDamage(model, written);
    const artifacts: WrittenArtifacts = { layouts, written };
    const checksum =
      digest === null || file === null
        ? source.checksum
        : { algorithm: "sha256", value: await sha256(wholeRange(file)) };
    const manifest = describeSplit({
      source: { ...source, checksum },
      model: kept,
      published,
      match,
      artifacts,
      scan,
      options: { training, digest },
    });
    await folder.finish(`${JSON.stringify(manifest, null, 2)}\n`);
    return { folder: out, manifest, existing: false, transfer: await files.transfer() };
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
  const { training, container } = model;
  const layouts = new Map<string, Layout>([
    [names.architectureFile, layout([Buffer.from(architecture)])],
    ...weightsLayouts(model, maxShardSize),
  ]);
  if (training !== null) layouts.set(names.trainingFile, layOutHdf5(training));
  const { otherObjects } = container;
  if (otherObjects !== null) layouts.set(names.otherObjectsFile, layOutHdf5(otherObjects));
  return new Map([...layouts, ...memberLayouts(model)]);
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
  files: OpenFiles,
  folder: Location,
  artifacts: readonly string[],
): Promise<void> {
  const targets = artifacts.map((name) => below(folder, name));
  for (const source of files.paths) {
    const taken = await (await files.storeOf(source)).sameAs(source, targets);
    if (taken === undefined) continue;
    throw new CleaveError(
      "TARGET_EXISTS",
      `The model itself is ${quote(taken)}, where an artifact is to be written. Choose another --out.`,
    );
  }
}

/** What stands in the folder already; a damaged manifest counts as none. */
async function earlierManifest(folder: Location, files: OpenFiles): Promise<Manifest | null> {
  const path = below(folder, names.manifestFile);
  return readManifest(path, files).catch((error: unknown) => {
    if (error instanceof CleaveError && error.code !== "STORE_UNAVAILABLE") return null;
    throw error;
  });
}

function sourceOf(
  path: Location,
  file: FileSource | null,
  size: number,
  store: Store,
): ManifestSource {
  const { version = null, checksum = null } = file ?? {};
  return { ...store.placeOf(path), version, size, checksum };
}

/**
 * Whether a split is of this very version of an object, with these options. Files on disk have no
 * versions by which that could be told.
 */
async function isSameSplit(
  { source, options, weights }: Manifest,
  path: Location,
  files: OpenFiles,
  { training = true, digest = null, maxShardSize, force = false }: SplitOptions,
): Promise<boolean> {
  const store = await files.storeOf(path);
  const { bucket, key } = store.placeOf(path);
  const isAlike =
    bucket !== null &&
    source.bucket === bucket &&
    source.key === key &&
    options.training === training &&
    options.digest === digest &&
    maxShardSize === undefined &&
    weights.shards === undefined;
  if (force || !isAlike || !(await store.exists(path))) return false;
  const { size, version, checksum } = await store.open(path);
  if (source.size !== size || source.version !== version) return false;
  return version !== null || source.checksum?.value === checksum?.value;
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
