import { randomBytes } from "node:crypto";
import type { Checksum, ChecksumAlgorithm, ChecksumType } from "./checksums.ts";
import { release, retain, type Content } from "./content.ts";
import { S3Error } from "./s3-error.ts";

/** The account that all buckets belong to. */
export const bucketOwner = "000000000000";

export interface Bucket {
  readonly name: string;
  readonly createdAt: Date;
  /** Undefined until it is set for the first time. */
  versioning: "Enabled" | "Suspended" | undefined;
  /** Versions of each key, newest first; no key without one. */
  readonly objects: Map<string, Version[]>;
  readonly uploads: Map<string, Upload>;
  /** What Complete answered, so that it answers the same when it is repeated. */
  readonly completed: Map<string, { readonly key: string; readonly version: ObjectVersion }>;
}

export type Version = ObjectVersion | DeleteMarker;

interface VersionName {
  readonly key: string;
  /** `null` for what was written while the bucket had no versioning or it was suspended. */
  readonly versionId: string;
  readonly lastModified: Date;
}

export interface DeleteMarker extends VersionName {
  readonly isDeleteMarker: true;
}

export interface ObjectVersion extends VersionName, ObjectFacts {
  readonly isDeleteMarker: false;
  /** Set and removed after the object was stored, without making another version. */
  tags: ReadonlyMap<string, string>;
}

/** What is known of an object when it is stored. */
export interface ObjectFacts {
  readonly content: Content;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly checksum: ObjectChecksum;
  /** Of an object of a multipart upload. */
  readonly parts: readonly ObjectPart[] | undefined;
  readonly metadata: Metadata;
}

export interface ObjectChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
  /** In Base64; computed when it is asked for, where nobody needed it before. */
  value(): Promise<string>;
}

export interface ObjectPart {
  readonly number: number;
  readonly size: number;
  readonly checksum: Checksum | undefined;
}

/** What a client gives with an object and gets back as it was. */
export interface Metadata {
  readonly headers: Readonly<Record<string, string>>;
  readonly storageClass: string;
}

/** A multipart upload that is neither complete nor aborted. */
export interface Upload {
  readonly uploadId: string;
  readonly key: string;
  readonly initiated: Date;
  readonly metadata: Metadata;
  /** Undefined where CreateMultipartUpload named no algorithm. */
  readonly checksum:
    | { readonly algorithm: ChecksumAlgorithm; readonly type: ChecksumType }
    | undefined;
  readonly parts: Map<number, UploadedPart>;
}

export interface UploadedPart extends ObjectPart {
  readonly content: Content;
  readonly etag: string;
  readonly lastModified: Date;
}

export function newBucket(name: string): Bucket {
  return {
    name,
    createdAt: new Date(),
    versioning: undefined,
    objects: new Map(),
    uploads: new Map(),
    completed: new Map(),
  };
}

/** The object that a key stands for now; undefined also under a delete marker. */
export function currentObject(bucket: Bucket, key: string): ObjectVersion | undefined {
  const current = bucket.objects.get(key)?.[0];
  return current?.isDeleteMarker === false ? current : undefined;
}

/** A version by its id; the current one without. */
export function findVersion(bucket: Bucket, key: string, versionId: string | undefined): Version {
  if (versionId === "") {
    throw new S3Error("InvalidArgument", "Version id cannot be the empty string", {
      details: { ArgumentName: "versionId", ArgumentValue: "" },
    });
  }
  const versions = bucket.objects.get(key) ?? [];
  if (versionId === undefined) {
    if (versions[0] === undefined) throw noSuchKey(key);
    return versions[0];
  }
  const version = versions.find((one) => one.versionId === versionId);
  if (version !== undefined) return version;
  throw new S3Error("NoSuchVersion", "The specified version does not exist.", {
    details: { Key: key, VersionId: versionId },
  });
}

export function noSuchKey(key: string, headers: Record<string, string> = {}): S3Error {
  return new S3Error("NoSuchKey", "The specified key does not exist.", {
    details: { Key: key },
    headers,
  });
}

export function addObject(bucket: Bucket, key: string, facts: ObjectFacts): ObjectVersion {
  retain(facts.content);
  const name = newVersion(bucket, key);
  return add(bucket, { ...facts, ...name, isDeleteMarker: false, tags: new Map() });
}

export function addDeleteMarker(bucket: Bucket, key: string): DeleteMarker {
  return add(bucket, { ...newVersion(bucket, key), isDeleteMarker: true });
}

export function removeVersion(bucket: Bucket, version: Version): void {
  const others = bucket.objects.get(version.key)!.filter((one) => one !== version);
  if (others.length === 0) bucket.objects.delete(version.key);
  else bucket.objects.set(version.key, others);
  if (!version.isDeleteMarker) release(version.content);
}

/** What `x-amz-version-id` says: nothing in a bucket that never had versioning. */
export function shownVersionId(bucket: Bucket, version: Version): string | undefined {
  return bucket.versioning === undefined ? undefined : version.versionId;
}

export function removeUpload(bucket: Bucket, upload: Upload): void {
  bucket.uploads.delete(upload.uploadId);
  for (const { content } of upload.parts.values()) release(content);
  upload.parts.clear();
}

function newVersion(bucket: Bucket, key: string): VersionName {
  const isVersioned = bucket.versioning === "Enabled";
  return { key, versionId: isVersioned ? randomId(24) : "null", lastModified: new Date() };
}

/** There is one `null` version of a key at most: a new one takes the place of the old. */
function add<V extends Version>(bucket: Bucket, version: V): V {
  const replaced = bucket.objects
    .get(version.key)
    ?.find(({ versionId }) => versionId === "null" && version.versionId === "null");
  if (replaced !== undefined) removeVersion(bucket, replaced);
  bucket.objects.set(version.key, [version, ...(bucket.objects.get(version.key) ?? [])]);
  return version;
}

/** Text of the alphabet of S3's ids, four characters for three bytes. */
export function randomId(bytes: number): string {
  return randomBytes(bytes).toString("base64url").replaceAll("-", ".");
}
