import { readdir } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { wholeRange } from "./bytes/range-source.ts";
import type { ByteRange } from "./bytes/source.ts";
import { CleaveError, inFile, quote } from "./errors.ts";
import { decodeText } from "./hdf5/attributes.ts";
import type { Hdf5Group } from "./hdf5/model.ts";
import { readHdf5 } from "./hdf5/read.ts";
import { parseArchitecture } from "./keras/architecture-text.ts";
import { assembleModel } from "./keras/assemble.ts";
import { differingParts } from "./keras/differing-parts.ts";
import { identify } from "./keras/identify.ts";
import { layOutModel } from "./keras/lay-out-model.ts";
import type { WeightsMatch } from "./keras/layers/report.ts";
import { matchModel } from "./keras/match-model.ts";
import type { Family, KerasModel } from "./keras/model.ts";
import { readModel } from "./keras/read-model.ts";
import { isTrainingState } from "./keras/training-state.ts";
import { checkLimit } from "./limits.ts";
import { findings } from "./manifest/findings.ts";
import * as names from "./manifest/names.ts";
import { readManifest } from "./manifest/read.ts";
import { readSplit } from "./manifest/read-split.ts";
import type { Finding } from "./manifest/schema.ts";
import { Progress, type OnProgress } from "./progress.ts";
import { OpenFiles } from "./stores/open-files.ts";
import { samePath } from "./stores/same-path.ts";
import { writeFile } from "./stores/write-file.ts";

/** A folder that `split` wrote, or parts that were saved one by one. */
export type RecombineInput = { readonly folder: string } | PartFiles;

export interface PartFiles {
  /** JSON of `to_json()`, or a model file whose architecture is taken. */
  readonly architecture: string;
  /** A file of `save_weights()`, or a model file whose weights are taken. */
  readonly weights: string;
  /** A `training.h5`. */
  readonly training?: string | undefined;
  /** A folder of files for `assets/`. */
  readonly assets?: string | undefined;
}

export interface RecombineOptions {
  /** The model file: `.keras` for the v3 family, `.h5` for the legacy one. */
  readonly out: string;
  /** Replace an existing file. */
  readonly force?: boolean;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

export interface RecombineResult {
  readonly out: string;
  readonly family: Family;
  /** In bytes. */
  readonly size: number;
  readonly crc32: number;
  readonly match: WeightsMatch;
  /** Disagreements that the model had before it was split. */
  readonly findings: readonly Finding[];
  /** Artifacts that are not as they were when the model was split: edited, replaced or damaged. */
  readonly changed: readonly string[];
}

/** Architecture and weights do not belong together; `match` says in what. */
export class MismatchError extends CleaveError {
  readonly match: WeightsMatch;
  readonly findings: readonly Finding[];

  constructor(match: WeightsMatch, found: readonly Finding[]) {
    super(
      "MISMATCH",
      `Architecture and weights do not belong together; nothing was written. ${found.length === 1 ? "One variable differs" : `${found.length} variables differ`}: ${found[0]!.message}.`,
    );
    this.match = match;
    this.findings = found;
  }
}

/**
 * Puts architecture, weights, training state and assets together to a model file that Keras loads.
 *
 * @throws MismatchError before anything is written; CleaveError `TARGET_EXISTS`, `UNSUPPORTED` for
 *   a target of the other family, and every code of the readers
 */
export async function recombine(
  parts: RecombineInput,
  options: RecombineOptions,
): Promise<RecombineResult> {
  const files = new OpenFiles();
  try {
    const { model, known } =
      "folder" in parts ? await fromFolder(parts.folder, files) : await fromParts(parts, files);
    refuseOtherFamily(model.family, options.out);
    const match = matchModel(model, parseArchitecture(model.architecture!));
    const found = findings(match);
    const fresh = found.filter((finding) => !known.some((other) => isSame(finding, other)));
    if (fresh.length > 0) throw new MismatchError(match, fresh);

    const input = await samePath(options.out, files.paths);
    if (input !== undefined) {
      throw new CleaveError(
        "TARGET_EXISTS",
        `--out names ${quote(input)}, which the model is made from. Choose another name.`,
      );
    }
    const layout = layOutModel(model);
    const progress = new Progress(new Map([[options.out, layout]]), options.onProgress);
    const { size, crc32, checksums } = await writeFile(options.out, layout, {
      overwrite: options.force ?? false,
      onProgress: (bytes) => progress.add(bytes),
      signal: options.signal,
    });
    const changed = await differingParts(model.statedChecksums, checksums);
    return { out: options.out, family: model.family, size, crc32, match, findings: found, changed };
  } finally {
    await files.close();
  }
}

interface Gathered {
  readonly model: KerasModel;
  /** What the manifest says did not agree in the model it was split from. */
  readonly known: readonly Finding[];
}

async function fromFolder(folder: string, files: OpenFiles): Promise<Gathered> {
  const manifest = await readManifest(join(folder, names.manifestFile));
  return { model: await readSplit(folder, manifest, files), known: manifest.findings };
}

async function fromParts(parts: PartFiles, files: OpenFiles): Promise<Gathered> {
  const architecture = await readArchitecture(parts.architecture, files);
  const weights = await readModel(await files.open(parts.weights));
  const model = assembleModel({
    architecture,
    weights,
    training:
      parts.training === undefined
        ? null
        : await readTraining(parts.training, weights.family, files),
    assets: parts.assets === undefined ? new Map() : await openAssets(parts.assets, files),
  });
  return { model, known: [] };
}

/** From JSON, or from a whole model. */
async function readArchitecture(path: string, files: OpenFiles): Promise<string> {
  const source = await files.open(path);
  const kind = await identify(source).catch((error: unknown) => {
    throw inFile(quote(path), error);
  });
  if (kind === "json") {
    checkLimit("configBytes", source.size, quote(path));
    return decodeText(await source.read(0, source.size), quote(path));
  }
  const { architecture } = await readModel(source);
  if (architecture !== null) return architecture;
  throw inFile(
    quote(path),
    new CleaveError(
      "MODEL_INVALID",
      "It holds weights, no architecture; give the JSON of to_json().",
    ),
  );
}

/** A tree that holds training state and nothing else. */
async function readTraining(path: string, family: Family, files: OpenFiles): Promise<Hdf5Group> {
  const source = await files.open(path);
  try {
    if ((await identify(source)) !== "hdf5") {
      throw new CleaveError("NOT_A_MODEL", "This is no training.h5: it is not HDF5.");
    }
    const tree = await readHdf5(wholeRange(source));
    if (isTrainingState(tree, family)) return tree;
    throw new CleaveError(
      "MISMATCH",
      `It holds other than the training state of a ${family} model; give the training.h5 of a split.`,
    );
  } catch (error) {
    throw inFile(quote(path), error);
  }
}

async function openAssets(folder: string, files: OpenFiles): Promise<Map<string, ByteRange>> {
  const assets = new Map<string, ByteRange>();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (cause: Error) => {
      throw new CleaveError("IO", `Cannot read the folder ${quote(folder)}: ${cause.message}.`, {
        cause,
      });
    },
  );
  for (const entry of entries) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).split(sep).join("/");
    assets.set(name, wholeRange(await files.open(path)));
    checkLimit("zipMembers", assets.size, quote(folder));
  }
  return assets;
}

const suffixes: Readonly<Record<Family, RegExp>> = { v3: /\.keras$/i, legacy: /\.(h5|hdf5)$/i };

/** Keras picks the reader of a model by the file's name. */
function refuseOtherFamily(family: Family, out: string): void {
  if (suffixes[family].test(out)) return;
  const fitting = family === "v3" ? ".keras" : ".h5";
  throw new CleaveError(
    "UNSUPPORTED",
    `These weights are of the ${family} family and make a ${fitting} file, which ${quote(resolve(out))} is not by its name. Give --out a name that ends in ${fitting}.`,
  );
}

function isSame(a: Finding, b: Finding): boolean {
  return a.message === b.message && a.problem === b.problem && a.tensor === b.tensor;
}
