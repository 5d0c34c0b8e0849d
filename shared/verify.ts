import { openModel } from "./keras/open-model.ts";
import { artifacts } from "./manifest/artifacts.ts";
import * as names from "./manifest/names.ts";
import { readManifest } from "./manifest/read.ts";
import { readSplit } from "./manifest/read-split.ts";
import type { OnProgress } from "./progress.ts";
import { below, type Location } from "./stores/location.ts";
import { OpenFiles, type StoreOptions } from "./stores/open-files.ts";
import { checkArtifacts } from "./verify/artifacts.ts";
import type { Check } from "./verify/check.ts";
import { checkNumbers } from "./verify/numbers.ts";
import { compareModels } from "./verify/compare-models.ts";

export interface VerifyOptions extends StoreOptions {
  /** A model file that the folder is to be the split of. */
  readonly against?: string | undefined;
  /** Look for NaN and infinite numbers in every tensor. */
  readonly statistics?: boolean;
  readonly onProgress?: OnProgress;
}

export interface Verification {
  readonly folder: string;
  readonly against: string | null;
  /** Whether the split has the training state; where not, it is not compared. */
  readonly training: boolean;
  /** Whether every check is without problems. */
  readonly ok: boolean;
  readonly checks: readonly Check[];
}

/**
 * Reads a split folder again: checksums, the tensor table, h5wasm's view of the HDF5 artifacts,
 * and, given the original model, every byte of it.
 *
 * @throws CleaveError where something cannot be read at all; differences are in the result
 */
export async function verify(folder: Location, options: VerifyOptions = {}): Promise<Verification> {
  const { against } = options;
  const files = new OpenFiles(options);
  try {
    const manifest = await readManifest(below(folder, names.manifestFile), files);
    const total = artifacts(manifest).reduce((sum, { size }) => sum + size, 0);
    let done = 0;
    const onProgress = (bytes: number): void => {
      options.onProgress?.((done += bytes), against === undefined ? total : 2 * total);
    };
    const { training } = manifest.options;
    const checks = await checkArtifacts(folder, manifest, files, onProgress);
    if (checks.every(isFree)) {
      // Also without an original: a manifest whose edits do not fit cannot be put together again.
      const ours = await readSplit(folder, manifest, files);
      if (options.statistics === true) checks.push(await checkNumbers(ours));
      if (against !== undefined) {
        const { model: original } = await openModel(against, files);
        checks.push(...(await compareModels(original, ours, training, onProgress)));
      }
    }
    return { folder, against: against ?? null, training, ok: checks.every(isFree), checks };
  } finally {
    await files.close();
  }
}

function isFree({ problems }: Check): boolean {
  return problems.length === 0;
}
