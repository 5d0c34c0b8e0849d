import type { Answer } from "../answer.ts";
import {
  findVersion,
  noSuchKey,
  shownVersionId,
  type Bucket,
  type ObjectVersion,
} from "../buckets.ts";
import { slice } from "../content.ts";
import { checkReadConditions } from "../conditions.ts";
import type { Exchange } from "../exchange.ts";
import { checkReadable, checksumHeaders } from "../metadata.ts";
import { S3Error } from "../s3-error.ts";
import { bucketOf, type Service } from "../service.ts";

/** GetObject, and HeadObject, which is the same without the body. */
export async function getObject(service: Service, exchange: Exchange): Promise<Answer> {
  const bucket = bucketOf(service, exchange);
  const version = readableVersion(bucket, exchange);
  checkReadConditions(exchange, version);
  if (exchange.request.method === "GET") checkReadable(version);
  const { size, parts, metadata } = version;
  const range = requestedRange(exchange, version);
  exchange.hold(version.content);

  const storageClass = metadata.storageClass === "STANDARD" ? undefined : metadata.storageClass;
  const isWhole = range === undefined || range.length === size;
  const wantsChecksum = exchange.header("x-amz-checksum-mode")?.toUpperCase() === "ENABLED";
  const isPart = exchange.query("partNumber") !== undefined && parts !== undefined;
  return {
    status: range === undefined ? 200 : 206,
    headers: {
      "Accept-Ranges": "bytes",
      ETag: `"${version.etag}"`,
      "Last-Modified": version.lastModified.toUTCString(),
      ...metadata.headers,
      ...responseOverrides(exchange),
      "x-amz-storage-class": storageClass,
      "x-amz-version-id": shownVersionId(bucket, version),
      "x-amz-mp-parts-count": isPart ? parts.length : undefined,
      "Content-Range": range && `bytes ${range.start}-${range.start + range.length - 1}/${size}`,
      ...(wantsChecksum && (await checksumOfAnswer(exchange, version, isWhole))),
    },
    body: range === undefined ? version.content : slice(version.content, range.start, range.length),
  };
}

/** That of a part where the object's is made of them, else that of the object where all of it is sent. */
function checksumOfAnswer(
  exchange: Exchange,
  version: ObjectVersion,
  isWhole: boolean,
): Promise<Record<string, string>> | undefined {
  const { checksum, parts } = version;
  const number = exchange.query("partNumber");
  if (number === undefined || checksum.type === "FULL_OBJECT") {
    return isWhole ? checksumHeaders(version) : undefined;
  }
  const ofPart = parts?.[Number(number) - 1]?.checksum;
  if (ofPart === undefined) return undefined;
  return checksumHeaders({ checksum: { ...checksum, value: () => Promise.resolve(ofPart.value) } });
}

/** @throws S3Error also for a delete marker: 404 as the current version, 405 by its id */
export function readableVersion(bucket: Bucket, exchange: Exchange): ObjectVersion {
  const versionId = exchange.query("versionId");
  const version = findVersion(bucket, exchange.key, versionId);
  if (!version.isDeleteMarker) return version;
  const headers = { "x-amz-delete-marker": "true", "x-amz-version-id": version.versionId };
  if (versionId === undefined) throw noSuchKey(exchange.key, headers);
  const message = "The specified method is not allowed against this resource.";
  throw new S3Error("MethodNotAllowed", message, {
    details: { Method: exchange.request.method!, ResourceType: "DeleteMarker" },
    headers: {
      ...headers,
      Allow: "DELETE",
      "Last-Modified": version.lastModified.toUTCString(),
    },
  });
}

interface Range {
  readonly start: number;
  readonly length: number;
}

function requestedRange(exchange: Exchange, version: ObjectVersion): Range | undefined {
  const header = exchange.header("range");
  const partNumber = exchange.query("partNumber");
  if (partNumber === undefined) {
    return header === undefined ? undefined : parseRange(header, version.size);
  }
  if (header !== undefined) {
    const message = "Cannot specify both Range header and partNumber query parameter";
    throw new S3Error("InvalidRequest", message);
  }
  return rangeOfPart(Number(partNumber), version);
}

/**
 * The range that a header asks for, cut at the end of the object; undefined, so the whole object,
 * for a header that is malformed or asks for several ranges (RFC 9110 section 14.2; "GetObject":
 * S3 "doesn't support retrieving multiple ranges").
 */
function parseRange(header: string, size: number): Range | undefined {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header) ?? [];
  if (first === "" && last === "") return undefined;
  if (first !== "" && last !== "" && Number(first) > Number(last)) return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1);
  if (start < end) return { start, length: end - start };
  throw new S3Error("InvalidRange", "The requested range is not satisfiable", {
    details: { RangeRequested: header, ActualObjectSize: size },
    headers: { "Content-Range": `bytes */${size}` },
  });
}

function rangeOfPart(number: number, { size, parts }: ObjectVersion): Range | undefined {
  if (!(Number.isInteger(number) && number >= 1 && number <= 10_000)) {
    const message = "Part number must be an integer between 1 and 10000, inclusive";
    throw new S3Error("InvalidArgument", message, { details: { ArgumentName: "partNumber" } });
  }
  const all = parts ?? [{ size }];
  if (number > all.length) {
    throw new S3Error("InvalidPartNumber", "The requested partnumber is not satisfiable", {
      details: { PartNumberRequested: number, ActualPartCount: all.length },
    });
  }
  const before = all.slice(0, number - 1).reduce((sum, part) => sum + part.size, 0);
  const { size: length } = all[number - 1]!;
  return length === 0 ? undefined : { start: before, length };
}

/** `response-content-type=…` and the like, which a GET may ask for instead of what is stored. */
function responseOverrides(exchange: Exchange): Record<string, string> {
  const given = [...exchange.route.query].filter(([name]) => name.startsWith("response-"));
  return Object.fromEntries(given.map(([name, value]) => [name.slice("response-".length), value]));
}
