import { join } from "node:path";
import { addObject, bucketOwner, shownVersionId } from "./buckets.ts";
import type { Bucket, ObjectFacts, ObjectVersion } from "./buckets.ts";
import type { Exchange } from "./exchange.ts";
import { objectCreated, type CreationReason, type ObjectCreatedEvent } from "./object-created.ts";
import { S3Error } from "./s3-error.ts";

/**
 * What UploadPartCopy says of the checksum of a copied range, where the upload has an algorithm.
 *
 * - `right`: that of the range, as Amazon S3
 * - `absent`: none, as moto; what Complete declares is compared with the real bytes
 * - `wrong`: that of the whole source, as versitygw, which then refuses the right total
 */
export type CopiedChecksum = "right" | "absent" | "wrong";

/** What the operations work on. */
export interface Service {
  readonly folder: string;
  readonly buckets: Map<string, Bucket>;
  readonly onEvent: ((event: ObjectCreatedEvent) => void) | undefined;
  copiedChecksum: CopiedChecksum;
  /** Of files and of events. */
  sequence: number;
}

/** Where no file is yet. */
export function newFilePath(service: Service): string {
  service.sequence += 1;
  return join(service.folder, `${service.sequence}`);
}

export function bucketOf(service: Service, exchange: Exchange): Bucket {
  const { bucket: name } = exchange.route;
  const bucket = existingBucket(service, name);
  checkOwner(exchange.header("x-amz-expected-bucket-owner"));
  return bucket;
}

export function existingBucket(service: Service, name: string): Bucket {
  const bucket = service.buckets.get(name);
  if (bucket !== undefined) return bucket;
  throw new S3Error("NoSuchBucket", "The specified bucket does not exist", {
    details: { BucketName: name },
  });
}

/** A bucket that somebody else has meanwhile: "Verifying bucket ownership" in the User Guide. */
export function checkOwner(expected: string | undefined): void {
  if (expected === undefined || expected === bucketOwner) return;
  throw new S3Error("AccessDenied", "Access Denied");
}

/** Makes an object the current version of its key, at once, and tells whoever listens. */
export function storeObject(
  service: Service,
  bucket: Bucket,
  key: string,
  facts: ObjectFacts,
  from: { readonly reason: CreationReason; readonly requestId: string },
): ObjectVersion {
  const version = addObject(bucket, key, facts);
  service.sequence += 1;
  if (service.onEvent === undefined) return version;
  const { size, etag } = version;
  const versionId = shownVersionId(bucket, version);
  const created = { ...from, bucket: bucket.name, key, size, etag, versionId };
  service.onEvent(objectCreated(created, service.sequence));
  return version;
}
