import { CleaveError, quote } from "../../errors.ts";

/** One object, or where one is to be. */
export interface Address {
  readonly bucket: string;
  readonly key: string;
  /** Undefined for whatever is current. */
  readonly version: string | undefined;
  /** Without quotes: the one content that is meant, where no versions are kept. */
  readonly expectedEtag?: string | undefined;
}

/**
 * Takes `s3://bucket/key`, `s3://bucket/key?versionId=…` or `s3://bucket/key?etag=…` apart. Nothing
 * in a key is decoded.
 *
 * @throws CleaveError `USAGE`
 */
export function parseAddress(location: string): Address {
  const match = /^s3:\/\/([^/?]+)\/(.*?)(?:\?(?:versionId=([^/?&]+)|etag=([^/?&]+)))?$/is.exec(
    location,
  );
  if (match === null) {
    throw new CleaveError("USAGE", `${quote(location)} is no object: write s3://bucket/key.`);
  }
  const [, bucket, key, version, expectedEtag] = match;
  if (Buffer.byteLength(key!) > 1024) {
    throw new CleaveError("USAGE", `${quote(location)}: S3's keys have at most 1,024 bytes.`);
  }
  return { bucket: bucket!, key: key!, version, expectedEtag };
}

/**
 * The location of an address.
 *
 * @throws CleaveError `UNSUPPORTED` for a key whose end reads as a version
 */
export function locationOf({ bucket, key, version, expectedEtag }: Address): string {
  const suffix =
    version !== undefined
      ? `?versionId=${version}`
      : expectedEtag !== undefined
        ? `?etag=${expectedEtag}`
        : "";
  const location = `s3://${bucket}/${key}${suffix}`;
  if (parseAddress(location).key === key) return location;
  throw new CleaveError(
    "UNSUPPORTED",
    `The end of the key ${quote(key)} reads as a version. Give the object another name.`,
  );
}

/** As the header x-amz-copy-source wants it: URL-encoded, but for "/". */
export function copySource({ bucket, key, version }: Address): string {
  const encoded = encodeURIComponent(key).replaceAll("%2F", "/");
  const suffix = version === undefined ? "" : `?versionId=${encodeURIComponent(version)}`;
  return `${bucket}/${encoded}${suffix}`;
}
