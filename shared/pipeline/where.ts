import { manifestFile } from "../manifest/names.ts";
import type { StoreOptions } from "../stores/open-files.ts";
import { parseAddress } from "../stores/s3/address.ts";
import { S3Documents } from "../stores/s3/documents.ts";
import { orUnknown } from "../stores/s3/object.ts";
import { knownFailure } from "./failure.ts";
import { readLatest, type Latest } from "./latest.ts";
import { isOfOlderSchema } from "./older-schema.ts";
import { placeOf, type ModelVersion } from "./places.ts";
import { whySkipped } from "./skipped.ts";

/**
 * What has become of a model:
 *
 * - `split`: its artifacts are complete;
 * - `outdated`: they are complete, and an older Cleave has made them: the next night makes them anew;
 * - `quarantined`: a policy keeps it away;
 * - `failed`: it cannot be split;
 * - `skipped`: it is a sound file that is no whole model;
 * - `waiting`: none of these yet: it is under way, or its event is lost;
 * - `deleted`: it was there, and is no more;
 * - `absent`: there is no trace of it, so it was never uploaded.
 */
export type ModelState =
  | "split"
  | "outdated"
  | "quarantined"
  | "failed"
  | "skipped"
  | "waiting"
  | "deleted"
  | "absent";

/** Where the artifacts of a model are, and in what state. */
export interface Whereabouts {
  /** With its version, where there is one. */
  readonly model: string;
  readonly state: ModelState;
  /** Where its artifacts are or will be; null where there is no model. */
  readonly folder: string | null;
  /** Why it is quarantined, failed or skipped. */
  readonly error: { readonly code: string; readonly message: string } | null;
  /** The version that was split last, where it is another one. */
  readonly latest: Latest | null;
}

/**
 * Says where the artifacts of a model on S3 are, and in what state. Of a model that nothing was made of
 * yet, the metadata is read.
 *
 * @throws CleaveError `ACCESS_DENIED`, `STORE_UNAVAILABLE`, `NOT_FOUND` where there is no such bucket
 */
export async function whereIs(
  location: string,
  artifactsBucket: string,
  options: StoreOptions = {},
): Promise<Whereabouts> {
  const documents = new S3Documents(options.s3, options.signal);
  const { bucket, key, version: asked } = parseAddress(location);
  const at = (name: string): string => `s3://${artifactsBucket}/${name}`;
  const anyVersion = { bucket, key, version: asked ?? null, etag: "" };
  const [found, standing] = await Promise.all([
    documents.find(location),
    readLatest(documents, at(placeOf(anyVersion).latest)),
  ]);
  const latest = standing?.latest ?? null;
  if (typeof found === "string") {
    const wasSplit =
      asked === undefined
        ? standing !== undefined
        : typeof (await documents.find(at(manifestOf(anyVersion)))) !== "string";
    const state = wasSplit ? "deleted" : found;
    if (state === "absent") await expectBucket(documents, bucket, key);
    return { model: location, state, folder: null, error: null, latest };
  }
  const version = found.version ?? null;
  const model = { bucket, key, version, etag: found.etag.replaceAll('"', "") };
  const address = `s3://${bucket}/${key}${version === null ? "" : `?versionId=${version}`}`;
  const folder = at(placeOf(model).folder);
  const fate = await fateOf(model, address, { documents, at, options });
  if (fate.state === "waiting")
    await expectBucket(documents, artifactsBucket, placeOf(model).folder);
  return {
    model: address,
    error: null,
    ...fate,
    folder,
    latest: latest?.folder === folder ? null : latest,
  };
}

interface Asking {
  readonly documents: S3Documents;
  /** Of a key of the artifacts bucket. */
  readonly at: (name: string) => string;
  readonly options: StoreOptions;
}

/** Of a model that is there. */
async function fateOf(
  model: ModelVersion,
  location: string,
  { documents, at, options }: Asking,
): Promise<Pick<Whereabouts, "state"> & Partial<Pick<Whereabouts, "error">>> {
  const [manifest, failure] = await Promise.all([
    documents.find(at(manifestOf(model))),
    knownFailure(documents, at(placeOf(model).error), ""),
  ]);
  if (typeof manifest !== "string") {
    return { state: isOfOlderSchema(manifest) ? "outdated" : "split" };
  }
  if (failure !== undefined) {
    const { code, message } = failure.error;
    return { state: code === "QUARANTINED" ? "quarantined" : "failed", error: { code, message } };
  }
  const skipped = await whySkipped(location, options);
  if (skipped === undefined) return { state: "waiting" };
  return { state: "skipped", error: { code: skipped.code, message: skipped.message } };
}

function manifestOf(model: ModelVersion): string {
  return `${placeOf(model).folder}/${manifestFile}`;
}

/** What a HEAD of an object cannot tell from one that is absent. */
async function expectBucket(documents: S3Documents, bucket: string, key: string): Promise<void> {
  await documents.list(bucket, key).next().catch(orUnknown);
}
