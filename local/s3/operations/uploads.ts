import { compareUtf8 } from "#shared/bytes/compare-utf8.ts";
import type { Answer } from "../answer.ts";
import { bucketOwner, randomId, removeUpload, type Bucket, type Upload } from "../buckets.ts";
import { isCrc } from "../checksums.ts";
import type { Exchange } from "../exchange.ts";
import { encryptionHeaders, metadataOf } from "../metadata.ts";
import { keyEncoder, pageOf, pageSize } from "../paging.ts";
import { S3Error } from "../s3-error.ts";
import { bucketOf, type Service } from "../service.ts";
import { writeXml } from "../xml.ts";
import { checksumAlgorithmOf } from "./copy-object.ts";

export function createMultipartUpload(service: Service, exchange: Exchange): Answer {
  const bucket = bucketOf(service, exchange);
  const metadata = metadataOf(exchange);
  const checksum = checksumOfUpload(exchange);
  const uploadId = randomId(96);
  const initiated = new Date();
  const { key } = exchange;
  const upload = { uploadId, key, initiated, metadata, checksum, parts: new Map() };
  bucket.uploads.set(uploadId, upload);
  return {
    status: 200,
    headers: {
      ...encryptionHeaders(metadata),
      "x-amz-checksum-algorithm": checksum?.algorithm,
      "x-amz-checksum-type": checksum?.type,
    },
    body: writeXml("InitiateMultipartUploadResult", {
      Bucket: bucket.name,
      Key: key,
      UploadId: uploadId,
    }),
  };
}

/**
 * CRC-64/NVME is of the full object always, the SHA's never, and the other CRCs are composite where
 * nothing is said ("CreateMultipartUpload" in the API Reference, ChecksumType).
 */
function checksumOfUpload(exchange: Exchange): Upload["checksum"] {
  const asked = exchange.header("x-amz-checksum-algorithm");
  const type = exchange.header("x-amz-checksum-type")?.toUpperCase();
  if (asked === undefined) {
    if (type === undefined) return undefined;
    const message =
      "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.";
    throw new S3Error("InvalidRequest", message);
  }
  const algorithm = checksumAlgorithmOf(asked);
  const usual = algorithm === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE";
  if (type === undefined) return { algorithm, type: usual };
  if (type !== "FULL_OBJECT" && type !== "COMPOSITE") {
    const message = "Value for x-amz-checksum-type header is invalid.";
    throw new S3Error("InvalidRequest", message);
  }
  const isPossible = type === "FULL_OBJECT" ? isCrc(algorithm) : algorithm !== "CRC64NVME";
  if (isPossible) return { algorithm, type };
  throw new S3Error(
    "InvalidRequest",
    `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum ` +
      "algorithm.",
  );
}

export function uploadOf(bucket: Bucket, exchange: Exchange): Upload {
  const upload = bucket.uploads.get(exchange.query("uploadId") ?? "");
  if (upload?.key === exchange.key) return upload;
  throw noSuchUpload(exchange.query("uploadId") ?? "");
}

export function noSuchUpload(uploadId: string): S3Error {
  return new S3Error(
    "NoSuchUpload",
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have " +
      "been aborted or completed.",
    { details: { UploadId: uploadId } },
  );
}

export function abortMultipartUpload(service: Service, exchange: Exchange): Answer {
  const bucket = bucketOf(service, exchange);
  removeUpload(bucket, uploadOf(bucket, exchange));
  return { status: 204 };
}

export function listParts(service: Service, exchange: Exchange): Answer {
  const bucket = bucketOf(service, exchange);
  const upload = uploadOf(bucket, exchange);
  const most = pageSize("max-parts", exchange.query("max-parts"));
  const asked = exchange.query("part-number-marker") ?? "0";
  if (!/^\d{1,10}$/.test(asked)) {
    throw new S3Error("InvalidArgument", "Provided part-number-marker not an integer");
  }
  const marker = Number(asked);
  const after = [...upload.parts.values()]
    .filter(({ number }) => number > marker)
    .toSorted((a, b) => a.number - b.number);
  const page = after.slice(0, most);
  const body = writeXml("ListPartsResult", {
    Bucket: bucket.name,
    Key: upload.key,
    UploadId: upload.uploadId,
    Initiator: { ID: bucketOwner },
    Owner: { ID: bucketOwner },
    StorageClass: upload.metadata.storageClass,
    ChecksumAlgorithm: upload.checksum?.algorithm,
    ChecksumType: upload.checksum?.type,
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.number ?? 0,
    MaxParts: most,
    IsTruncated: after.length > page.length,
    Part: page.map(({ number, lastModified, etag, size, checksum }) => ({
      PartNumber: number,
      LastModified: lastModified.toISOString(),
      ETag: `"${etag}"`,
      Size: size,
      ...(checksum !== undefined && { [`Checksum${checksum.algorithm}`]: checksum.value }),
    })),
  });
  return { status: 200, body };
}

/** By key, and of one key in the order in which they were initiated. */
export function listMultipartUploads(service: Service, exchange: Exchange): Answer {
  const bucket = bucketOf(service, exchange);
  const { query } = exchange.route;
  const most = pageSize("max-uploads", query.get("max-uploads") ?? undefined);
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const keyMarker = query.get("key-marker") ?? "";
  // Without a key marker it says nothing.
  const uploadMarker = keyMarker === "" ? "" : (query.get("upload-id-marker") ?? "");
  const encode = keyEncoder(exchange);

  // Sorting is stable, and a map is in the order in which it was filled.
  const uploads = [...bucket.uploads.values()].toSorted((a, b) => compareUtf8(a.key, b.key));
  const ofKey = uploads.filter(({ key }) => key === keyMarker);
  const markedAt = ofKey.findIndex(({ uploadId }) => uploadId === uploadMarker);
  const rest = new Set(markedAt === -1 ? [] : ofKey.slice(markedAt + 1));
  const page = pageOf(uploads, { prefix, delimiter, most }, (upload, common) => {
    return (compareUtf8(upload.key, keyMarker) > 0 && common !== keyMarker) || rest.has(upload);
  });
  const last = typeof page.last === "string" ? { key: page.last, uploadId: "" } : page.last;
  const body = writeXml("ListMultipartUploadsResult", {
    Bucket: bucket.name,
    KeyMarker: encode(keyMarker),
    UploadIdMarker: uploadMarker,
    NextKeyMarker: page.isTruncated ? encode(last!.key) : undefined,
    NextUploadIdMarker: page.isTruncated ? last!.uploadId : undefined,
    Prefix: encode(prefix),
    Delimiter: delimiter === "" ? undefined : encode(delimiter),
    MaxUploads: most,
    EncodingType: query.get("encoding-type") ?? undefined,
    IsTruncated: page.isTruncated,
    Upload: page.entries.map((upload) => ({
      Key: encode(upload.key),
      UploadId: upload.uploadId,
      Initiator: { ID: bucketOwner },
      Owner: { ID: bucketOwner },
      StorageClass: upload.metadata.storageClass,
      Initiated: upload.initiated.toISOString(),
      ChecksumAlgorithm: upload.checksum?.algorithm,
      ChecksumType: upload.checksum?.type,
    })),
    CommonPrefixes: page.commonPrefixes.map((common) => ({ Prefix: encode(common) })),
  });
  return { status: 200, body };
}
