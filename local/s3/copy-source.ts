import { findVersion, noSuchKey, type Bucket, type ObjectVersion } from "./buckets.ts";
import { checkCopyConditions } from "./conditions.ts";
import type { Exchange } from "./exchange.ts";
import { checkReadable } from "./metadata.ts";
import { S3Error } from "./s3-error.ts";
import { checkOwner, existingBucket, type Service } from "./service.ts";

export interface CopySource {
  readonly bucket: Bucket;
  readonly version: ObjectVersion;
}

/**
 * The object that `x-amz-copy-source` names: `bucket/key` or `/bucket/key`, URL-encoded as a whole,
 * and `?versionId=` after it.
 */
export function copySource(service: Service, exchange: Exchange): CopySource {
  const header = exchange.header("x-amz-copy-source")!;
  const [, path, versionId] = /^([^?]*)(?:\?versionId=(.*))?$/s.exec(header) ?? [];
  const found = /^\/?([^/]+)\/(.+)$/s.exec(decode(path ?? ""));
  if (found === null) {
    throw invalid("Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
  }
  const [, name, key] = found as unknown as [string, string, string];
  const bucket = existingBucket(service, name);
  checkOwner(exchange.header("x-amz-source-expected-bucket-owner"));
  const version = findVersion(bucket, key, versionId);
  if (version.isDeleteMarker) {
    if (versionId === undefined) throw noSuchKey(key, { "x-amz-delete-marker": "true" });
    const message =
      "The source of a copy request may not specifically refer to a delete marker by version id.";
    throw new S3Error("InvalidRequest", message);
  }
  checkCopyConditions(exchange, version);
  checkReadable(version);
  exchange.hold(version.content);
  return { bucket, version };
}

/** In this header, as in a form, a plus sign stands for a space. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw invalid("Copy Source must be URL-encoded");
  }
}

function invalid(message: string): S3Error {
  return new S3Error("InvalidArgument", message, {
    details: { ArgumentName: "x-amz-copy-source" },
  });
}
