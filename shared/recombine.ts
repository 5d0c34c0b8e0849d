import { CleaveError, quote } from "./errors.ts";
import type { JsonObject } from "./json/parse.ts";
import { parseArchitecture } from "./keras/architecture-text.ts";
import { differingParts } from "./keras/differing-parts.ts";
import { layOutModel } from "./keras/lay-out-model.ts";
import type { WeightsMatch } from "./keras/layers/report.ts";
import { matchModel } from "./keras/match-model.ts";
import type { Family, KerasModel } from "./keras/model.ts";
import { modelNames } from "./keras/model-names.ts";
import { takenTensors, type VariedTensor } from "./keras/variation/varied-tensor.ts";
import type { Variation } from "./keras/variation/vary.ts";
import { explainAll, findings } from "./manifest/findings.ts";
import type { Finding } from "./manifest/schema.ts";
import { decide, type Policy } from "./scan/policy.ts";
import { refuseQuarantined } from "./scan/quarantined-error.ts";
import { scanModel } from "./scan/scan-model.ts";
import type { Location } from "./stores/location.ts";
import { Progress, type OnProgress } from "./progress.ts";
import { gather, type Gathered, type RecombineInput } from "./recombine/gather.ts";
import { OpenFiles, type StoreOptions } from "./stores/open-files.ts";
import type { Store } from "./stores/store.ts";
import type { Transfer } from "./stores/transfer.ts";

export interface RecombineOptions extends StoreOptions {
  /** The model file: `.keras` for the v3 family, `.h5` for the legacy one. */
  readonly out: Location;
  /** How the weights may differ from what the architecture asks for; else they may not. */
  readonly variation?: Variation | undefined;
  /** Replace an existing file. */
  readonly force?: boolean;
  /** Say what would be done, and write nothing. */
  readonly dryRun?: boolean;
  /** What is known to be harmless; what it quarantines is not made. Without one, all is. */
  readonly policy?: Policy | undefined;
  readonly onProgress?: OnProgress;
}

export interface RecombineResult {
  readonly out: string;
  readonly family: Family;
  /** In bytes. */
  readonly size: number;
  /** Null where nothing was written. */
  readonly crc32: number | null;
  readonly match: WeightsMatch;
  /** What became of every variable of the architecture and every tensor of the weights. */
  readonly tensors: readonly VariedTensor[];
  /** False where there is training state and it is left out, as it is of another model. */
  readonly keepsTraining: boolean;
  /** Disagreements that the model had before it was split. */
  readonly findings: readonly Finding[];
  /** Artifacts that are not as they were when the model was split: edited, replaced or damaged. */
  readonly changed: readonly string[];
  /** What went through S3; null where S3 had no part in it. */
  readonly transfer: Transfer | null;
}

/** Architecture and weights do not belong together; `match` says in what. */
export class MismatchError extends CleaveError {
  readonly match: WeightsMatch;
  readonly findings: readonly Finding[];

  constructor(match: WeightsMatch, found: readonly Finding[]) {
    super(
      "MISMATCH",
      `Architecture and weights do not belong together; nothing was written. ${found.length === 1 ? "One variable differs" : `${found.length} variables differ`}: ${found[0]!.message}. If that is meant, --by-name, --skip-mismatch and --allow-missing say what may differ.`,
    );
    this.match = match;
    this.findings = found;
  }
}

/**
 * Puts architecture, weights, training state and assets together to a model file that Keras loads.
 *
 * @throws MismatchError before anything is written; QuarantinedError where the policy keeps the model
 *   away; CleaveError `TARGET_EXISTS`, `UNSUPPORTED` for
 *   a target of the other family, and every code of the readers
 */
export async function recombine(
  input: RecombineInput,
  options: RecombineOptions,
): Promise<RecombineResult> {
  const files = new OpenFiles(options);
  try {
    const gathered = await gather(input, files);
    refuseOtherFamily(gathered.model.family, options.out);
    const { model, tensors, match, found } = await fit(gathered, options.variation);
    if (options.policy !== undefined) {
      refuseQuarantined(decide(options.policy, await scanModel(model, false)));
    }
    const store = await files.storeOf(options.out);
    await refuseOwnInput(options.out, files.paths, store);
    const layout = layOutModel(model);
    const result = {
      out: options.out,
      family: model.family,
      size: layout.size,
      match,
      tensors,
      keepsTraining: model.training === gathered.model.training,
      findings: found,
    };
    if (options.dryRun) {
      return { ...result, crc32: null, changed: [], transfer: await files.transfer() };
    }
    const progress = new Progress(new Map([[options.out, layout]]), options.onProgress);
    const { crc32, checksums } = await store.writeFile(options.out, layout, {
      overwrite: options.force ?? false,
      onProgress: (bytes) => progress.add(bytes),
      signal: options.signal,
    });
    const changed = await differingParts(model.statedChecksums, checksums);
    return { ...result, crc32, changed, transfer: await files.transfer() };
  } finally {
    await files.close();
  }
}

interface Fitted {
  readonly model: KerasModel;
  readonly tensors: readonly VariedTensor[];
  readonly match: WeightsMatch;
  readonly found: readonly Finding[];
}

/** @throws MismatchError where the weights are not what the architecture or the variation allows */
async function fit(
  { model, source, isOwn, known }: Gathered,
  variation: Variation | undefined,
): Promise<Fitted> {
  const architecture = parseArchitecture(model.architecture!);
  if (variation === undefined) {
    return refuseMismatch({ model, isOwn, known }, architecture, takenTensors);
  }
  const { varyWeights } = await import("./keras/variation/vary.ts");
  const varied = varyWeights(source, architecture, model.keras.version, variation);
  if (varied.refused.length > 0) {
    throw new MismatchError(matchModel(model, architecture, isOwn), explainAll(varied.refused));
  }
  // Optimizer state is a list in the order of the model's variables.
  const training = varied.isChanged ? null : model.training;
  const fitted = { ...model, weights: varied.weights, training };
  return refuseMismatch({ model: fitted, isOwn: false, known }, architecture, () => varied.tensors);
}

function refuseMismatch(
  { model, isOwn, known }: Omit<Gathered, "source">,
  architecture: JsonObject,
  tensorsOf: (match: WeightsMatch) => readonly VariedTensor[],
): Fitted {
  const match = matchModel(model, architecture, isOwn);
  const found = findings(match);
  const fresh = found.filter((finding) => !known.some((other) => isSame(finding, other)));
  if (fresh.length > 0) throw new MismatchError(match, fresh);
  return { model, match, found, tensors: tensorsOf(match) };
}

async function refuseOwnInput(
  out: Location,
  inputs: readonly Location[],
  store: Store,
): Promise<void> {
  const input = await store.sameAs(out, inputs);
  if (input === undefined) return;
  throw new CleaveError(
    "TARGET_EXISTS",
    `--out names ${quote(input)}, which the model is made from. Choose another name.`,
  );
}

/** Keras picks the reader of a model by the file's name. */
function refuseOtherFamily(family: Family, out: string): void {
  if (modelNames[family].test(out)) return;
  const fitting = family === "v3" ? ".keras" : ".h5";
  throw new CleaveError(
    "UNSUPPORTED",
    `These weights are of the ${family} family and make a ${fitting} file, which ${quote(out)} is not by its name. Give --out a name that ends in ${fitting}.`,
  );
}

function isSame(a: Finding, b: Finding): boolean {
  return a.message === b.message && a.problem === b.problem && a.tensor === b.tensor;
}
