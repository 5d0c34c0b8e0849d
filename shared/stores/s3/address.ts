import { CleaveError, quote } from "../../errors.ts";

/** One object, or where one is to be. */
export interface Address {
  readonly bucket: string;
  readonly key: string;
  /** Undefined for whatever is current. */
  readonly version: string | undefined;
}

/**
 * Takes `s3://bucket/key` or `s3://bucket/key?versionId=…` apart. Nothing in a key is decoded.
 *
 * @throws CleaveError `USAGE`
 */
export function parseAddress(location: string): Address {
  const match = /^s3:\/\/([^/?]+)\/(.*?)(?:\?versionId=([^/?&]+))?$/is.exec(location);
  if (match === null) {
    throw new CleaveError("USAGE", `${quote(location)} is no object: write s3://bucket/key.`);
  }
  const [, bucket, key, version] = match;
  if (Buffer.byteLength(key!) > 1024) {
    throw new CleaveError("USAGE", `${quote(location)}: S3's keys have at most 1,024 bytes.`);
  }
  return { bucket: bucket!, key: key!, version };
}

/** As the header x-amz-copy-source wants it: URL-encoded, but for "/". */
export function copySource({ bucket, key, version }: Address): string {
  const encoded = encodeURIComponent(key).replaceAll("%2F", "/");
  const suffix = version === undefined ? "" : `?versionId=${encodeURIComponent(version)}`;
  return `${bucket}/${encoded}${suffix}`;
}
