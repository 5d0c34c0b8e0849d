import { compareUtf8 } from "#shared/bytes/compare-utf8.ts";
import type { Answer } from "../answer.ts";
import { bucketOwner, currentObject, type ObjectVersion, type Version } from "../buckets.ts";
import type { Exchange } from "../exchange.ts";
import { inKeyOrder, keyEncoder, pageOf, pageSize } from "../paging.ts";
import { S3Error } from "../s3-error.ts";
import { bucketOf, type Service } from "../service.ts";
import { writeXml } from "../xml.ts";

export function listObjectsV2(service: Service, exchange: Exchange): Answer {
  const bucket = bucketOf(service, exchange);
  const { query } = exchange.route;
  if (query.get("list-type") !== "2") {
    throw new S3Error("InvalidArgument", "Invalid List Type specified in Request");
  }
  const most = pageSize("max-keys", query.get("max-keys") ?? undefined);
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const startAfter = query.get("start-after") ?? "";
  const token = query.get("continuation-token");
  const start = token === null ? startAfter : decodeToken(token);
  const encode = keyEncoder(exchange);

  const objects = inKeyOrder(bucket.objects)
    .map(([key]) => currentObject(bucket, key))
    .filter((object): object is ObjectVersion => object !== undefined);
  const page = pageOf(objects, { prefix, delimiter, most }, ({ key }, common) => {
    return compareUtf8(key, start) > 0 && common !== start;
  });
  const last = typeof page.last === "string" ? page.last : page.last?.key;
  const body = writeXml("ListBucketResult", {
    Name: bucket.name,
    Prefix: encode(prefix),
    Delimiter: delimiter === "" ? undefined : encode(delimiter),
    MaxKeys: most,
    EncodingType: query.get("encoding-type") ?? undefined,
    KeyCount: page.entries.length + page.commonPrefixes.length,
    IsTruncated: page.isTruncated,
    ContinuationToken: token ?? undefined,
    NextContinuationToken: page.isTruncated ? encodeToken(last!) : undefined,
    StartAfter: startAfter === "" ? undefined : encode(startAfter),
    Contents: page.entries.map((object) => ({
      Key: encode(object.key),
      ...shownObject(object),
      Owner: query.get("fetch-owner") === "true" ? { ID: bucketOwner } : undefined,
    })),
    CommonPrefixes: page.commonPrefixes.map((common) => ({ Prefix: encode(common) })),
  });
  return { status: 200, body };
}

export function listObjectVersions(service: Service, exchange: Exchange): Answer {
  const bucket = bucketOf(service, exchange);
  const { query } = exchange.route;
  const most = pageSize("max-keys", query.get("max-keys") ?? undefined);
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const keyMarker = query.get("key-marker") ?? "";
  const versionMarker = query.get("version-id-marker") ?? "";
  if (versionMarker !== "" && keyMarker === "") {
    const message = "A version-id marker cannot be specified without a key marker.";
    throw new S3Error("InvalidArgument", message);
  }
  const encode = keyEncoder(exchange);

  // Of the marked key, what follows the marked version; all of it comes before the next key.
  const marked = bucket.objects.get(keyMarker) ?? [];
  const markedAt = marked.findIndex(({ versionId }) => versionId === versionMarker);
  const rest = new Set(versionMarker === "" || markedAt === -1 ? [] : marked.slice(markedAt + 1));
  const versions = inKeyOrder(bucket.objects).flatMap(([, ofKey]) => ofKey);
  const page = pageOf(versions, { prefix, delimiter, most }, (entry, common) => {
    return (compareUtf8(entry.key, keyMarker) > 0 && common !== keyMarker) || rest.has(entry);
  });
  const last = typeof page.last === "string" ? { key: page.last } : page.last;
  const next = page.isTruncated ? last : undefined;
  // In the order of keys, versions and delete markers mixed, as a list of elements.
  const shown = page.entries.map((version) => ({
    [version.isDeleteMarker ? "DeleteMarker" : "Version"]: {
      Key: encode(version.key),
      VersionId: version.versionId,
      IsLatest: bucket.objects.get(version.key)![0] === version,
      ...(version.isDeleteMarker ? lastModifiedOf(version) : shownObject(version)),
      Owner: { ID: bucketOwner },
    },
  }));
  const body = writeXml("ListVersionsResult", {
    Name: bucket.name,
    Prefix: encode(prefix),
    Delimiter: delimiter === "" ? undefined : encode(delimiter),
    KeyMarker: encode(keyMarker),
    VersionIdMarker: versionMarker,
    NextKeyMarker: next && encode(next.key),
    NextVersionIdMarker: next && "versionId" in next ? next.versionId : undefined,
    MaxKeys: most,
    EncodingType: query.get("encoding-type") ?? undefined,
    IsTruncated: page.isTruncated,
    "": shown,
    CommonPrefixes: page.commonPrefixes.map((common) => ({ Prefix: encode(common) })),
  });
  return { status: 200, body };
}

function shownObject(object: ObjectVersion): Record<string, string | number> {
  return {
    ...lastModifiedOf(object),
    ETag: `"${object.etag}"`,
    ChecksumAlgorithm: object.checksum.algorithm,
    ChecksumType: object.checksum.type,
    Size: object.size,
    StorageClass: object.metadata.storageClass,
  };
}

/** Whole seconds, as `Last-Modified` has them. */
function lastModifiedOf({ lastModified }: Version): Record<string, string> {
  return { LastModified: lastModified.toISOString().replace(/\.\d+Z$/, ".000Z") };
}

/** Opaque to clients: nobody may take it for a key. */
function encodeToken(key: string): string {
  return Buffer.from(`1${key}`).toString("base64");
}

function decodeToken(token: string): string {
  const text = Buffer.from(token, "base64").toString();
  if (text.startsWith("1") && encodeToken(text.slice(1)) === token) return text.slice(1);
  throw new S3Error("InvalidArgument", "The continuation token provided is incorrect", {
    details: { ArgumentName: "continuation-token" },
  });
}
