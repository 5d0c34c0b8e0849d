import { CleaveError, quote } from "../errors.ts";
import type { Family } from "../keras/model.ts";
import { manifestFile } from "../manifest/names.ts";
import { readManifest } from "../manifest/read.ts";
import type { Variation } from "../keras/variation/vary.ts";
import { recombine, type RecombineResult } from "../recombine.ts";
import type { RecombineInput } from "../recombine/gather.ts";
import { below, nameOf } from "../stores/location.ts";
import { OpenFiles } from "../stores/open-files.ts";
import { parseAddress } from "../stores/s3/address.ts";
import { S3Documents } from "../stores/s3/documents.ts";
import { checkTarget } from "./allowed-target.ts";
import { recombinedPrefix, splitPrefix, verdictFile } from "./places.ts";
import type { Surroundings } from "./surroundings.ts";

export interface RecombineJob {
  readonly input: RecombineInput;
  /** The model file; below `recombined/` of the artifacts bucket unless said. */
  readonly out?: string | undefined;
  readonly variation?: Variation | undefined;
  readonly force?: boolean | undefined;
  /** Say what would be done, and write nothing. */
  readonly dryRun?: boolean | undefined;
}

/**
 * Recombines a model on S3 and tells of it. What it is made of is scanned once more: artifacts can
 * have been replaced.
 *
 * @throws MismatchError, QuarantinedError, CleaveError as `recombine`, and `USAGE` for an `out` elsewhere
 */
export async function recombineModel(
  { input, out, variation, force = false, dryRun = false }: RecombineJob,
  around: Surroundings,
): Promise<RecombineResult> {
  const { s3, signal, artifactsBucket, policy } = around;
  checkTarget(out, artifactsBucket, recombinedPrefix);
  if ("folder" in input) await refuseKeptAway(input.folder, around);
  const target = out ?? `s3://${artifactsBucket}/${await usualKey(input, around)}`;
  const options = { out: target, variation, force, dryRun, policy, s3, signal };
  const result = await recombine(input, options);
  if (dryRun) return result;
  await around.announce("cleave.ModelRecombined", {
    model: result.out,
    size: result.size,
    crc32: result.crc32,
    family: result.family,
    from: input,
    changed: result.changed,
  });
  return result;
}

/** @throws CleaveError `QUARANTINED` for the folder of a model that was kept away */
async function refuseKeptAway(folder: string, { s3, signal }: Surroundings): Promise<void> {
  const documents = new S3Documents(s3, signal);
  const [manifest, verdict] = await Promise.all(
    [manifestFile, verdictFile].map((name) => documents.head(below(folder, name))),
  );
  if (manifest !== undefined || verdict === undefined) return;
  throw new CleaveError(
    "QUARANTINED",
    `The policy keeps the model of ${quote(folder, 1200)} away, so there is nothing to recombine; ${verdictFile} there says why.`,
  );
}

const suffixes: Readonly<Record<Family, string>> = { v3: ".keras", legacy: ".h5" };

/** Named after what it is made of: so the same call writes to the same key. */
async function usualKey(input: RecombineInput, around: Surroundings): Promise<string> {
  if ("folder" in input) {
    const files = new OpenFiles(around);
    const manifest = await readManifest(below(input.folder, manifestFile), files);
    const { bucket, key } = parseAddress(input.folder.replace(/\/$/, ""));
    const place = key.startsWith(splitPrefix) ? key.slice(splitPrefix.length) : `${bucket}/${key}`;
    const name = stem(manifest.source.key.replace(/^.*\//, ""));
    return `${recombinedPrefix}${place}/${name}${suffixes[manifest.model.family]}`;
  }
  const { bucket, key } = parseAddress(input.weights);
  const name = nameOf(input.weights);
  // By the names that Keras picks the reader of weights by.
  const family = /\.weights\.h5$|\.keras$/i.test(name) ? "v3" : "legacy";
  if (name === "") {
    throw new CleaveError("USAGE", "`weights` names no object, so `out` cannot follow from it.");
  }
  const folder = key.slice(0, key.length - name.length);
  return `${recombinedPrefix}${bucket}/${folder}${stem(name)}${suffixes[family]}`;
}

function stem(name: string): string {
  return name.replace(/(?:\.weights)?\.(?:keras|h5|hdf5)$/i, "");
}
