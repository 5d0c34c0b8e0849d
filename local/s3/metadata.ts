import type { Metadata, ObjectVersion } from "./buckets.ts";
import { checksumHeader } from "./checksums.ts";
import type { Exchange } from "./exchange.ts";
import { S3Error } from "./s3-error.ts";

const storageClasses = new Set([
  "STANDARD",
  "REDUCED_REDUNDANCY",
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "GLACIER",
  "DEEP_ARCHIVE",
  "GLACIER_IR",
]);

const kept = new Set([
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-type",
  "expires",
  "x-amz-server-side-encryption",
  "x-amz-server-side-encryption-aws-kms-key-id",
  "x-amz-website-redirect-location",
]);

/** Largest sum of names and values ("Working with object metadata" in the User Guide). */
const largestUserMetadata = 2048;

export function metadataOf(exchange: Exchange): Metadata {
  const headers: Record<string, string> = {};
  let userBytes = 0;
  for (const name of Object.keys(exchange.request.headers)) {
    const isUsers = name.startsWith("x-amz-meta-");
    if (!isUsers && !kept.has(name)) continue;
    const value = withoutAwsChunked(name, exchange.header(name)!);
    if (isUsers) userBytes += name.length - "x-amz-meta-".length + value.length;
    if (value !== "") headers[name] = value;
  }
  if (userBytes > largestUserMetadata) {
    const message = "Your metadata headers exceed the maximum allowed metadata size";
    throw new S3Error("MetadataTooLarge", message);
  }
  headers["content-type"] ??= "binary/octet-stream";
  headers["x-amz-server-side-encryption"] ??= "AES256";
  return { headers, storageClass: storageClassOf(exchange) };
}

export function storageClassOf(exchange: Exchange): string {
  const storageClass = exchange.header("x-amz-storage-class") ?? "STANDARD";
  if (storageClasses.has(storageClass)) return storageClass;
  throw new S3Error("InvalidStorageClass", "The storage class you specified is not valid");
}

/** Whose bytes cannot be read before they are restored. */
export function isArchived({ metadata }: ObjectVersion): boolean {
  return metadata.storageClass === "GLACIER" || metadata.storageClass === "DEEP_ARCHIVE";
}

export function checkReadable(version: ObjectVersion): void {
  if (!isArchived(version)) return;
  const message = "The operation is not valid for the object's storage class";
  throw new S3Error("InvalidObjectState", message, {
    details: { StorageClass: version.metadata.storageClass },
  });
}

export function encryptionHeaders({ headers }: Metadata): Record<string, string | undefined> {
  const names = ["x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"];
  return Object.fromEntries(names.map((name) => [name, headers[name]]));
}

export async function checksumHeaders({
  checksum,
}: Pick<ObjectVersion, "checksum">): Promise<Record<string, string>> {
  return {
    [checksumHeader(checksum.algorithm)]: await checksum.value(),
    "x-amz-checksum-type": checksum.type,
  };
}

/** It says how the request was sent, not what the object is. */
function withoutAwsChunked(name: string, value: string): string {
  if (name !== "content-encoding") return value;
  const encodings = value.split(",").map((one) => one.trim());
  return encodings.filter((one) => one !== "aws-chunked" && one !== "").join(",");
}
