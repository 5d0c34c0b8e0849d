import { createHash } from "node:crypto";

/** One version of a model on S3, as its artifacts' place is derived from it. */
export interface ModelVersion {
  readonly bucket: string;
  readonly key: string;
  /** Null where no versions are kept. */
  readonly version: string | null;
  /** Without quotes. */
  readonly etag: string;
}

/** Where the artifacts of a model are; keys of the artifacts bucket. */
export interface Place {
  /** Of one version; without a "/" at its end. */
  readonly folder: string;
  /** Which version was split last. */
  readonly latest: string;
  /** Why this version cannot be split, where it cannot. */
  readonly error: string;
  /** Why this version is kept away, where it is. */
  readonly verdict: string;
}

export const splitPrefix = "split/";
export const recombinedPrefix = "recombined/";
export const batchPrefix = "batch/";
export const jobsPrefix = "jobs/";
export const reportsPrefix = "reports/";
export const latestFile = "latest.json";
export const errorFile = "error.json";
export const verdictFile = "verdict.json";

/** S3's keys have at most 1,024 bytes. */
const longestKey = 1024;
/** The name of the version, and those of artifacts and assets in its folder. */
const roomForVersion = 100;
const roomForNames = 200;

/**
 * The place of a version's artifacts: `split/<bucket>/<key>/<version id, or etag>/`. It follows from
 * the version alone, so whoever splits it, however often and at whatever time, writes to the same
 * place. A key that leaves no room for the names of artifacts is cut, and told from others by its
 * SHA-256.
 */
export function placeOf(model: ModelVersion): Place {
  const version = versionName(model);
  const bucketPart = `${splitPrefix}${model.bucket}/`;
  const room = longestKey - roomForVersion - roomForNames - bucketPart.length;
  const base = `${bucketPart}${cutKey(model.key, room)}`;
  const folder = `${base}/${version}`;
  return {
    folder,
    latest: `${base}/${latestFile}`,
    error: `${folder}/${errorFile}`,
    verdict: `${folder}/${verdictFile}`,
  };
}

/** What tells a version from every other of its key. */
export function versionName({ version, etag }: ModelVersion): string {
  return version ?? etag;
}

/** The part of a key's place that all of its versions share. */
function cutKey(key: string, room: number): string {
  const bytes = Buffer.from(key);
  if (bytes.length <= room) return key;
  const digest = `~${createHash("sha256").update(bytes).digest("hex")}`;
  let end = room - digest.length;
  // Not within a character: bytes of a UTF-8 sequence after its first have the form 10xxxxxx.
  while ((bytes[end]! & 0xc0) === 0x80) end -= 1;
  return `${bytes.subarray(0, end).toString("utf8")}${digest}`;
}
