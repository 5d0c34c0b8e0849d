import { HeadObjectCommand, type HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import { CleaveError, quote } from "../../errors.ts";
import type { Address } from "./address.ts";
import { archived, explainFailure, failureOf } from "./failures.ts";
import type { Requests } from "./requests.ts";

/** One version of an object, as S3 describes it. */
export interface S3Object extends Address {
  /** As it was asked for. */
  readonly location: string;
  /** In bytes. */
  readonly size: number;
  /** With its quotes. */
  readonly etag: string;
  /** When it was made, by S3's clock. */
  readonly modified: Date;
  /** What its writer said of it, by names in lower case. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Of the whole object, where S3 states it. */
  readonly crc32: number | undefined;
  /** What S3 states of its bytes: a checksum of all of them, or else the entity tag. */
  readonly checksum: { readonly algorithm: string; readonly value: string };
}

/**
 * Asks S3 for an object, without reading it.
 *
 * @returns undefined where there is none
 * @throws CleaveError `ACCESS_DENIED`, also where the object is absent and the caller must not list;
 *   `STORE_UNAVAILABLE`; `IO` for an archived object
 */
export async function headObject(
  requests: Requests,
  address: Address,
  location: string,
): Promise<S3Object | undefined> {
  const head = await ask(requests, address, location).catch((error: unknown) => {
    // The answer to a HEAD has no body, so no code either.
    if (address.version === undefined && failureOf(error).status === 404) return undefined;
    throw explainFailure(error, "read", location);
  });
  if (head === undefined) return undefined;
  refuseArchived(head, location);
  return describe(head, address, location);
}

/** In place of an object: a marker says that it was deleted, or there is no trace of it. */
export type Absence = "deleted" | "absent";

/**
 * As `headObject`, also of archived objects; says more of one that is not there.
 *
 * @throws CleaveError `ACCESS_DENIED`, `STORE_UNAVAILABLE`
 */
export async function findObject(
  requests: Requests,
  address: Address,
  location: string,
): Promise<S3Object | Absence> {
  try {
    return describe(await ask(requests, address, location), address, location);
  } catch (error) {
    const { status } = failureOf(error);
    // 404 where the marker is what is current, 405 where it is the version that was asked for.
    if (status === 405 || (status === 404 && isDeleteMarker(error))) return "deleted";
    if (status === 404) return "absent";
    throw explainFailure(error, "read", location);
  }
}

function isDeleteMarker(error: unknown): boolean {
  const { $response } = error as { $response?: { headers?: Readonly<Record<string, string>> } };
  return $response?.headers?.["x-amz-delete-marker"] === "true";
}

/** @throws the SDK's own errors: some of them are answers */
async function ask(
  requests: Requests,
  { bucket, key, version, expectedEtag }: Address,
  location: string,
): Promise<HeadObjectCommandOutput> {
  const command = new HeadObjectCommand({
    Bucket: bucket,
    Key: key,
    VersionId: version,
    IfMatch: expectedEtag && `"${expectedEtag}"`,
    ChecksumMode: "ENABLED",
  });
  return requests.send("HeadObject", command, { doing: "read", location, raw: true });
}

function describe(
  head: HeadObjectCommandOutput,
  { bucket, key, version }: Address,
  location: string,
): S3Object {
  const { ContentLength, ETag, LastModified, Metadata, VersionId, ChecksumType, ChecksumCRC32 } =
    head;
  const isWhole = ChecksumType !== "COMPOSITE";
  return {
    bucket,
    key,
    // An object of a bucket without versions has "null", which the next one will have as well.
    version: version ?? (VersionId === "null" ? undefined : VersionId),
    location,
    size: ContentLength ?? 0,
    etag: ETag ?? "",
    modified: LastModified ?? new Date(0),
    metadata: Metadata ?? {},
    crc32:
      isWhole && ChecksumCRC32 !== undefined
        ? Buffer.from(ChecksumCRC32, "base64").readUInt32BE()
        : undefined,
    checksum: statedChecksum(head),
  };
}

/** For `catch`: who may write but not list cannot know what is there. */
export function orUnknown(error: unknown): undefined {
  if (error instanceof CleaveError && error.code === "ACCESS_DENIED") return undefined;
  throw error;
}

const archives = new Set(["GLACIER", "DEEP_ARCHIVE"]);

function refuseArchived(head: HeadObjectCommandOutput, location: string): void {
  const { StorageClass, ArchiveStatus, Restore } = head;
  const isArchived = archives.has(StorageClass ?? "") || ArchiveStatus !== undefined;
  if (!isArchived || Restore?.includes('ongoing-request="false"')) return;
  const [code, text] = archived(ArchiveStatus ?? StorageClass!);
  throw new CleaveError(code, `Cannot read ${quote(location, 1200)}: ${text}`);
}

/** In hexadecimal, as other programs print checksums. */
function statedChecksum(head: HeadObjectCommandOutput): S3Object["checksum"] {
  const stated = [
    ["sha256", head.ChecksumSHA256],
    ["crc64nvme", head.ChecksumCRC64NVME],
    ["crc32c", head.ChecksumCRC32C],
    ["crc32", head.ChecksumCRC32],
  ] as const;
  const found = stated.find(([, value]) => value !== undefined);
  if (found?.[1] !== undefined && head.ChecksumType !== "COMPOSITE") {
    const [algorithm, value] = found;
    return { algorithm, value: Buffer.from(value, "base64").toString("hex") };
  }
  return { algorithm: "etag", value: (head.ETag ?? "").replaceAll('"', "") };
}
