import type { Answer } from "../answer.ts";
import { shownVersionId } from "../buckets.ts";
import type { Bucket, ObjectVersion, Upload, UploadedPart } from "../buckets.ts";
import { checksumHeader, type Checksum } from "../checksums.ts";
import { release, retain, sizeOf, slice, type Content } from "../content.ts";
import { copySource } from "../copy-source.ts";
import { declaredBody } from "../declared.ts";
import { digestOf, eTagOf } from "../digests.ts";
import type { Exchange } from "../exchange.ts";
import { encryptionHeaders } from "../metadata.ts";
import { largestPart, receiveObject } from "../request-body.ts";
import { S3Error } from "../s3-error.ts";
import { bucketOf, newFilePath, type Service } from "../service.ts";
import { writeXml } from "../xml.ts";
import { sourceTooLarge } from "./copy-object.ts";
import { noSuchUpload, uploadOf } from "./uploads.ts";

/**
 * "You can copy a range only if the source object is greater than 5 MB" ("UploadPartCopy" in the
 * API Reference, CopySourceRange).
 */
const smallestSourceOfRange = 5 * 1024 * 1024;

export async function uploadPart(service: Service, exchange: Exchange): Promise<Answer> {
  const bucket = bucketOf(service, exchange);
  const number = partNumberOf(exchange);
  const upload = uploadOf(bucket, exchange);
  checkAlgorithm(upload, declaredBody(exchange).checksum?.algorithm);
  const algorithm = upload.checksum?.algorithm ?? "CRC64NVME";
  const received = await receiveObject(exchange, newFilePath(service), algorithm);
  const { content, etag, checksum } = received;
  // An upload without an algorithm verifies a checksum and does not keep it.
  const kept = upload.checksum === undefined ? undefined : checksum;
  storePart(bucket, upload, number, { content, etag, checksum: kept });
  return {
    status: 200,
    headers: {
      ETag: `"${etag}"`,
      ...encryptionHeaders(upload.metadata),
      [checksumHeader(checksum.algorithm)]: checksum.value,
    },
  };
}

export async function uploadPartCopy(service: Service, exchange: Exchange): Promise<Answer> {
  const bucket = bucketOf(service, exchange);
  const number = partNumberOf(exchange);
  const upload = uploadOf(bucket, exchange);
  const source = copySource(service, exchange);
  const { version } = source;
  const range = copyRange(exchange, version);
  const content = slice(version.content, range.start, range.length);
  const etag = await eTagOf(content);
  const checksum = await checksumOfCopiedPart(service, upload, version, content);
  storePart(bucket, upload, number, { content, etag, checksum });
  exchange.entry.bytesCopied = range.length;
  return {
    status: 200,
    headers: {
      "x-amz-copy-source-version-id": shownVersionId(source.bucket, version),
      ...encryptionHeaders(upload.metadata),
    },
    body: writeXml("CopyPartResult", {
      LastModified: new Date().toISOString(),
      ETag: `"${etag}"`,
      ...(checksum !== undefined && { [`Checksum${checksum.algorithm}`]: checksum.value }),
    }),
  };
}

function partNumberOf(exchange: Exchange): number {
  const asked = exchange.query("partNumber") ?? "";
  const number = /^\d{1,9}$/.test(asked) ? Number(asked) : 0;
  if (exchange.query("uploadId") === undefined) {
    throw new S3Error("InvalidArgument", "This operation does not accept a query-string of part", {
      details: { ArgumentName: "uploadId" },
    });
  }
  if (number >= 1 && number <= 10_000) return number;
  const message = "Part number must be an integer between 1 and 10000, inclusive";
  throw new S3Error("InvalidArgument", message, {
    details: { ArgumentName: "partNumber", ArgumentValue: asked },
  });
}

/**
 * A part has a checksum of its upload's algorithm. An upload without one takes any, and computes
 * its own CRC-64/NVME; one whose checksum is of the full object computes what a part does not
 * declare.
 */
function checkAlgorithm(upload: Upload, sent: string | undefined): void {
  const { checksum } = upload;
  if (checksum === undefined || sent === checksum.algorithm) return;
  if (sent === undefined && checksum.type === "FULL_OBJECT") return;
  throw new S3Error(
    "InvalidRequest",
    "Checksum Type mismatch occurred, expected checksum Type: " +
      `${checksum.algorithm.toLowerCase()}, actual checksum Type: ${sent?.toLowerCase() ?? "null"}`,
  );
}

function copyRange(
  exchange: Exchange,
  { size }: ObjectVersion,
): { readonly start: number; readonly length: number } {
  const header = exchange.header("x-amz-copy-source-range");
  if (header === undefined) {
    if (size > largestPart) throw sourceTooLarge();
    return { start: 0, length: size };
  }
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header) ?? [];
  const start = Number(first);
  const end = Number(last) + 1;
  if (first === undefined || start >= end) {
    throw invalidRange(
      header,
      "The x-amz-copy-source-range value must be of the form bytes=first-last where first and " +
        "last are the zero-based offsets of the first and last bytes to copy",
    );
  }
  if (end > size) {
    throw invalidRange(header, `Range specified is not valid for source object of size: ${size}`);
  }
  if (size <= smallestSourceOfRange) {
    const message =
      "The specified copy source is not larger than the minimum size of a source of a range: " +
      `${smallestSourceOfRange}`;
    throw new S3Error("InvalidRequest", message);
  }
  if (end - start > largestPart) throw sourceTooLarge();
  return { start, length: end - start };
}

function invalidRange(header: string, message: string): S3Error {
  const details = { ArgumentName: "x-amz-copy-source-range", ArgumentValue: header };
  return new S3Error("InvalidArgument", message, { details });
}

async function checksumOfCopiedPart(
  { copiedChecksum }: Service,
  upload: Upload,
  source: ObjectVersion,
  content: Content,
): Promise<Checksum | undefined> {
  if (upload.checksum === undefined || copiedChecksum === "absent") return undefined;
  const { algorithm } = upload.checksum;
  const of = copiedChecksum === "wrong" ? source.content : content;
  return { algorithm, value: await digestOf(of, algorithm) };
}

/** In place of an earlier part of that number; unless the upload has ended meanwhile. */
function storePart(
  bucket: Bucket,
  upload: Upload,
  number: number,
  part: Pick<UploadedPart, "content" | "etag" | "checksum">,
): void {
  if (bucket.uploads.get(upload.uploadId) !== upload) throw noSuchUpload(upload.uploadId);
  const replaced = upload.parts.get(number);
  retain(part.content);
  const size = sizeOf(part.content);
  upload.parts.set(number, { ...part, number, size, lastModified: new Date() });
  if (replaced !== undefined) release(replaced.content);
}
