import { currentObject, noSuchKey, type Bucket, type ObjectVersion } from "./buckets.ts";
import type { Exchange } from "./exchange.ts";
import { preconditionFailed, S3Error } from "./s3-error.ts";

/**
 * Conditions of GetObject and HeadObject. Of an ETag and a time for one thing the ETag decides
 * ("GetObject" in the API Reference, RFC 9110 section 13.2.2).
 */
export function checkReadConditions(exchange: Exchange, version: ObjectVersion): void {
  const match = exchange.header("if-match");
  const noneMatch = exchange.header("if-none-match");
  const unmodifiedSince = timeOf(exchange.header("if-unmodified-since"));
  const modifiedSince = timeOf(exchange.header("if-modified-since"));
  const modified = secondsOf(version.lastModified.getTime());

  if (match !== undefined) {
    if (!names(match, version.etag)) throw preconditionFailed("If-Match");
  } else if (unmodifiedSince !== undefined && modified > unmodifiedSince) {
    throw preconditionFailed("If-Unmodified-Since");
  }
  const isSame =
    noneMatch === undefined
      ? modifiedSince !== undefined && modified <= modifiedSince
      : names(noneMatch, version.etag);
  if (!isSame) return;
  throw new S3Error("NotModified", "Not Modified", {
    headers: {
      ETag: `"${version.etag}"`,
      "Last-Modified": version.lastModified.toUTCString(),
    },
  });
}

/** Conditions on the source of a copy; each that fails is 412. */
export function checkCopyConditions(exchange: Exchange, source: ObjectVersion): void {
  const header = (name: string): string | undefined =>
    exchange.header(`x-amz-copy-source-if-${name}`);
  const match = header("match");
  const noneMatch = header("none-match");
  const unmodifiedSince = timeOf(header("unmodified-since"));
  const modifiedSince = timeOf(header("modified-since"));
  const modified = secondsOf(source.lastModified.getTime());

  if (match !== undefined) {
    if (!names(match, source.etag)) throw preconditionFailed("x-amz-copy-source-If-Match");
  } else if (unmodifiedSince !== undefined && modified > unmodifiedSince) {
    throw preconditionFailed("x-amz-copy-source-If-Unmodified-Since");
  }
  if (noneMatch !== undefined) {
    if (names(noneMatch, source.etag)) throw preconditionFailed("x-amz-copy-source-If-None-Match");
  } else if (modifiedSince !== undefined && modified <= modifiedSince) {
    throw preconditionFailed("x-amz-copy-source-If-Modified-Since");
  }
}

/**
 * Conditions of PutObject, CopyObject and CompleteMultipartUpload on what the key stands for now,
 * to be called in the same turn as the write. A delete marker counts as nothing ("How to prevent
 * object overwrites with conditional writes" in the User Guide).
 */
export function checkWriteConditions(exchange: Exchange, bucket: Bucket): void {
  const { match, noneMatch } = writeConditions(exchange);
  const current = currentObject(bucket, exchange.key);
  if (noneMatch !== undefined && current !== undefined) throw preconditionFailed("If-None-Match");
  if (match === undefined) return;
  if (current === undefined) throw noSuchKey(exchange.key);
  if (!names(match, current.etag)) throw preconditionFailed("If-Match");
}

/** DeleteObject with If-Match: `*` asks for any object. */
export function checkDeleteCondition(
  condition: string | undefined,
  key: string,
  current: ObjectVersion | undefined,
): void {
  if (condition === undefined) return;
  if (current === undefined) throw noSuchKey(key);
  if (!names(condition, current.etag)) throw preconditionFailed("If-Match");
}

export function names(condition: string, etag: string): boolean {
  return condition
    .split(",")
    .map((one) => one.trim())
    .some((one) => one === "*" || unquote(one) === etag);
}

export function unquote(etag: string): string {
  return etag.replace(/^"(.*)"$/, "$1");
}

function writeConditions(exchange: Exchange): { match?: string; noneMatch?: string } {
  const match = exchange.header("if-match");
  const noneMatch = exchange.header("if-none-match");
  const isBoth = match !== undefined && noneMatch !== undefined;
  if (isBoth || match === "*" || (noneMatch !== undefined && noneMatch !== "*")) {
    throw new S3Error(
      "NotImplemented",
      "A header you provided implies functionality that is not implemented",
      { details: { Header: noneMatch === undefined ? "If-Match" : "If-None-Match" } },
    );
  }
  return { ...(match !== undefined && { match }), ...(noneMatch !== undefined && { noneMatch }) };
}

/** HTTP dates have whole seconds. */
function secondsOf(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

/** What is no date is no condition (RFC 9110 section 13.1.3). */
function timeOf(date: string | undefined): number | undefined {
  const time = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(time) ? undefined : secondsOf(time);
}
