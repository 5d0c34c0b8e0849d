import { basename, join } from "node:path";
import { layout, type Layout } from "./bytes/layout.ts";
import { wholeRange } from "./bytes/range-source.ts";
import { sha256 } from "./bytes/sha256.ts";
import type { ByteRange, ByteSource } from "./bytes/source.ts";
import { CleaveError, inFile, quote } from "./errors.ts";
import { layOutHdf5 } from "./hdf5/lay-out.ts";
import { publishArchitecture, parseArchitecture } from "./keras/architecture-text.ts";
import { differingParts } from "./keras/differing-parts.ts";
import { matchModel } from "./keras/match-model.ts";
import type { KerasModel } from "./keras/model.ts";
import { readModel } from "./keras/read-model.ts";
import { sorted } from "./keras/v3.ts";
import { describeSplit, type WrittenArtifacts } from "./manifest/describe.ts";
import * as names from "./manifest/names.ts";
import { readManifest } from "./manifest/read.ts";
import type { Manifest } from "./manifest/schema.ts";
import { artifactNames } from "./manifest/artifacts.ts";
import { Progress, type OnProgress } from "./progress.ts";
import { ArtifactFolder } from "./stores/artifact-folder.ts";
import { openFile } from "./stores/open-file.ts";
import type { Moved } from "./stores/move-layout.ts";
import { samePath } from "./stores/same-path.ts";
import { exists } from "./stores/write-file.ts";

export interface SplitOptions {
  /** The folder to write into. */
  readonly out: string;
  /** Keep optimizer state and training configuration; true unless said otherwise. */
  readonly training?: boolean;
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
  const source = await openFile(path);
  try {
    return await splitSource(source, options);
  } catch (error) {
    throw inFile(quote(path), error);
  } finally {
    await source.close();
  }
}

async function splitSource(source: ByteSource, options: SplitOptions): Promise<SplitResult> {
  const { out, training = true, digest = null, force = false, signal } = options;
  const model = await readModel(source);
  if (model.architecture === null) {
    throw new CleaveError(
      "MODEL_INVALID",
      "It holds weights without an architecture (no config.json, no model_config), so there is nothing to split. recombine takes it as --weights, with the model's to_json() as --architecture.",
    );
  }
  const kept = training ? model : withoutTraining(model);
  const published = publishArchitecture(model.architecture, model.family, model.keras);
  const match = matchModel(model, parseArchitecture(published.text));

  const layouts = artifactLayouts(kept, published.text);
  const progress = new Progress(layouts, options.onProgress);
  const plan = {
    names: [...layouts.keys()],
    earlier: await earlierArtifacts(out),
    overwrite: force,
  };
  await refuseOwnSource(source.name, out, [...plan.names, ...plan.earlier]);
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
      digest === null ? null : { algorithm: "sha256", value: await sha256(wholeRange(source)) };
    const manifest = describeSplit({
      source: {
        bucket: null,
        key: basename(source.name),
        version: null,
        size: source.size,
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
function artifactLayouts(model: KerasModel, architecture: string): Map<string, Layout> {
  const { family, weights, training, assets, container } = model;
  const layouts = new Map<string, Layout>([
    [names.architectureFile, layout([Buffer.from(architecture)])],
    [names.weightsFile[family], layOutHdf5(weights)],
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

/** The model may stand in the folder, but not where an artifact is to stand. */
async function refuseOwnSource(
  source: string,
  folder: string,
  artifacts: readonly string[],
): Promise<void> {
  const taken = await samePath(
    source,
    artifacts.map((name) => join(folder, name)),
  );
  if (taken === undefined) return;
  throw new CleaveError(
    "TARGET_EXISTS",
    `The model itself is ${quote(taken)}, where an artifact is to be written. Choose another --out.`,
  );
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
