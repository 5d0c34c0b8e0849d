import { CleaveError } from "../errors.ts";
import { manifestFile } from "../manifest/names.ts";
import type { StoreOptions } from "../stores/open-files.ts";
import { parseAddress } from "../stores/s3/address.ts";
import { S3Documents } from "../stores/s3/documents.ts";
import { knownFailure } from "./failure.ts";
import { readLatest, type Latest } from "./latest.ts";
import { placeOf } from "./places.ts";

/** Where the artifacts of a model are, and in what state. */
export interface Whereabouts {
  /** With its version, where there is one. */
  readonly model: string;
  /**
   * `split`: its artifacts are complete; `quarantined`: a policy keeps it away;
   * `failed`: it cannot be split; `waiting`: neither, it is
   * under way, or was skipped, or its event is lost; `gone`: there is no such model.
   */
  readonly state: "split" | "quarantined" | "failed" | "waiting" | "gone";
  /** Where its artifacts are or will be. */
  readonly folder: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** The version that was split last, where it is another one. */
  readonly latest: Latest | null;
}

/**
 * Says where the artifacts of a model on S3 are.
 *
 * @throws CleaveError `ACCESS_DENIED`, `STORE_UNAVAILABLE`
 */
export async function whereIs(
  location: string,
  artifactsBucket: string,
  { s3, signal }: StoreOptions = {},
): Promise<Whereabouts> {
  const documents = new S3Documents(s3, signal);
  const { bucket, key } = parseAddress(location);
  const at = (name: string): string => `s3://${artifactsBucket}/${name}`;
  const latestPlace = placeOf({ bucket, key, version: "", etag: "" }).latest;
  const [head, latest = null] = await Promise.all([
    documents.head(location).catch((error: unknown) => {
      if (error instanceof CleaveError && error.code === "NOT_FOUND") return undefined;
      throw error;
    }),
    readLatest(documents, at(latestPlace)),
  ]);
  if (head === undefined) {
    return { model: location, state: "gone", folder: null, error: null, latest };
  }
  const version = head.version ?? null;
  const place = placeOf({ bucket, key, version, etag: head.etag.replaceAll('"', "") });
  const folder = at(place.folder);
  const [manifest, failure] = await Promise.all([
    documents.head(`${folder}/${manifestFile}`),
    knownFailure(documents, at(place.error), ""),
  ]);
  const { code, message } = failure?.error ?? {};
  const failed = code === "QUARANTINED" ? "quarantined" : "failed";
  const state = manifest !== undefined ? "split" : code === undefined ? "waiting" : failed;
  return {
    model:
      version === null ? `s3://${bucket}/${key}` : `s3://${bucket}/${key}?versionId=${version}`,
    state,
    folder,
    error: state === failed ? { code: code!, message: message! } : null,
    latest: latest?.folder === folder ? null : latest,
  };
}
