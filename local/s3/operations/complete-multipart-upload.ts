import { createHash } from "node:crypto";
import type { Answer } from "../answer.ts";
import { removeUpload, shownVersionId } from "../buckets.ts";
import type { Bucket, ObjectChecksum, ObjectVersion, Upload, UploadedPart } from "../buckets.ts";
import { checksumAlgorithms, combineChecksums, compositeChecksum, isCrc } from "../checksums.ts";
import { checkWriteConditions, unquote } from "../conditions.ts";
import { join, sizeOf, type Content } from "../content.ts";
import { declaredChecksum } from "../declared.ts";
import { digestOf } from "../digests.ts";
import type { Exchange } from "../exchange.ts";
import { encryptionHeaders } from "../metadata.ts";
import { badDigest, receiveDocument } from "../request-body.ts";
import { S3Error } from "../s3-error.ts";
import { bucketOf, storeObject, type Service } from "../service.ts";
import { childText, malformed, parseXml, writeXml, type XmlElement } from "../xml.ts";
import { noSuchUpload, uploadOf } from "./uploads.ts";

/** Of every part but the last: "Amazon S3 multipart upload limits" in the User Guide. */
const smallestPart = 5 * 1024 * 1024;

export async function completeMultipartUpload(
  service: Service,
  exchange: Exchange,
): Promise<Answer> {
  const bucket = bucketOf(service, exchange);
  const request = parseXml(await receiveDocument(exchange), "CompleteMultipartUpload");
  const uploadId = exchange.query("uploadId")!;
  const done = bucket.completed.get(uploadId);
  // Whoever lost the first answer and asks again gets it again.
  if (done?.key === exchange.key) return answer(bucket, done.version);

  const upload = uploadOf(bucket, exchange);
  const parts = listedParts(upload, request);
  checkSizes(exchange, parts);
  const content = exchange.hold(join(parts.map((part) => part.content)));
  const checksum = await checksumOfObject(exchange, upload, parts, content);

  // From here to the end in one turn. The upload may have ended while checksums were computed.
  const doneMeanwhile = bucket.completed.get(uploadId);
  if (doneMeanwhile?.key === exchange.key) return answer(bucket, doneMeanwhile.version);
  if (bucket.uploads.get(uploadId) !== upload) throw noSuchUpload(uploadId);
  if (parts.some((part) => upload.parts.get(part.number) !== part)) throw invalidPart(parts[0]!);
  checkWriteConditions(exchange, bucket);
  const { metadata, key } = upload;
  const facts = { content, size: sizeOf(content), etag: eTagOfParts(parts), checksum, metadata };
  const from = { reason: "CompleteMultipartUpload", requestId: exchange.requestId } as const;
  const version = storeObject(service, bucket, key, { ...facts, parts }, from);
  bucket.completed.set(uploadId, { key, version });
  removeUpload(bucket, upload);
  return answer(bucket, version);
}

async function answer(bucket: Bucket, version: ObjectVersion): Promise<Answer> {
  const { key, etag, checksum, metadata } = version;
  const body = writeXml("CompleteMultipartUploadResult", {
    Location: `http://${bucket.name}.s3.amazonaws.com/${encodeURIComponent(key)}`,
    Bucket: bucket.name,
    Key: key,
    ETag: `"${etag}"`,
    [`Checksum${checksum.algorithm}`]: await checksum.value(),
    ChecksumType: checksum.type,
  });
  const headers = {
    "x-amz-version-id": shownVersionId(bucket, version),
    ...encryptionHeaders(metadata),
  };
  return { status: 200, headers, body };
}

/** The parts that the request lists, each compared with what was uploaded. */
function listedParts(upload: Upload, request: XmlElement): UploadedPart[] {
  const listed = request.children.filter(({ name }) => name === "Part");
  if (listed.length === 0 || listed.length > 10_000) throw malformed();
  let previous = 0;
  const parts = listed.map((element) => {
    const text = childText(element, "PartNumber")?.trim() ?? "";
    const etag = childText(element, "ETag")?.trim();
    if (!/^\d{1,9}$/.test(text) || etag === undefined) throw malformed();
    const number = Number(text);
    if (number <= previous) {
      const message =
        "The list of parts was not in ascending order. Parts must be ordered by part number.";
      throw new S3Error("InvalidPartOrder", message, { details: { UploadId: upload.uploadId } });
    }
    previous = number;
    const part = upload.parts.get(number);
    if (part === undefined || part.etag !== unquote(etag)) throw invalidPart({ number, etag });
    checkPartChecksum(upload, part, element);
    return part;
  });
  const { checksum } = upload;
  const areWithChecksums =
    checksum !== undefined &&
    listed.some((element) => (childText(element, `Checksum${checksum.algorithm}`) ?? "") !== "");
  if (areWithChecksums) checkConsecutive(upload, parts);
  return parts;
}

/** As numbers must be where parts have a checksum: "CompletedPart", PartNumber, in the API Reference. */
function checkConsecutive(upload: Upload, parts: readonly UploadedPart[]): void {
  if (parts.every(({ number }, index) => number === index + 1)) return;
  const message =
    "The list of parts was not in consecutive order. Where parts have a checksum, part numbers " +
    "must be consecutive and begin with 1.";
  throw new S3Error("InvalidPartOrder", message, { details: { UploadId: upload.uploadId } });
}

function invalidPart({ number, etag }: { number: number; etag: string }): S3Error {
  return new S3Error(
    "InvalidPart",
    "One or more of the specified parts could not be found. The part may not have been " +
      "uploaded, or the specified entity tag may not match the part's entity tag.",
    { details: { PartNumber: number, ETag: unquote(etag) } },
  );
}

/**
 * Checksums of parts are compared where they are given, which they must be where that of the object
 * is made of them.
 */
function checkPartChecksum(upload: Upload, part: UploadedPart, element: XmlElement): void {
  for (const algorithm of checksumAlgorithms) {
    const given = childText(element, `Checksum${algorithm}`);
    if (given === undefined || given === "") continue;
    const isRight = part.checksum?.algorithm === algorithm && part.checksum.value === given;
    if (!isRight) throw invalidPart(part);
  }
  const { checksum } = upload;
  if (checksum?.type !== "COMPOSITE" || part.checksum === undefined) return;
  if (childText(element, `Checksum${checksum.algorithm}`) !== undefined) return;
  throw new S3Error(
    "InvalidRequest",
    `The upload was created using a ${checksum.algorithm.toLowerCase()} checksum. The complete ` +
      "request must include the checksum for each part. It was missing for part " +
      `${part.number} in the request.`,
  );
}

function checkSizes(exchange: Exchange, parts: readonly UploadedPart[]): void {
  const small = parts.slice(0, -1).find(({ size }) => size < smallestPart);
  if (small !== undefined) {
    throw new S3Error(
      "EntityTooSmall",
      "Your proposed upload is smaller than the minimum allowed size",
      {
        details: {
          ProposedSize: small.size,
          MinSizeAllowed: smallestPart,
          PartNumber: small.number,
          ETag: small.etag,
        },
      },
    );
  }
  const declared = exchange.header("x-amz-mp-object-size");
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  if (declared === undefined || declared === `${size}`) return;
  throw new S3Error(
    "InvalidRequest",
    `The provided 'x-amz-mp-object-size' header value ${declared} does not match what was ` +
      `computed: ${size}`,
  );
}

async function checksumOfObject(
  exchange: Exchange,
  upload: Upload,
  parts: readonly UploadedPart[],
  content: Content,
): Promise<ObjectChecksum> {
  const { algorithm, type } = upload.checksum ?? { algorithm: "CRC64NVME", type: "FULL_OBJECT" };
  const askedType = exchange.header("x-amz-checksum-type")?.toUpperCase();
  if (askedType !== undefined && upload.checksum !== undefined && askedType !== type) {
    throw new S3Error(
      "InvalidRequest",
      `The upload was created using the ${type} checksum mode. The complete request must use the ` +
        "same checksum mode.",
    );
  }
  const total =
    type === "COMPOSITE"
      ? await compositeOf(algorithm, parts)
      : await fullObjectOf(algorithm, parts, content);
  const declared = declaredChecksum(exchange);
  const checksum = { algorithm, type, value: () => Promise.resolve(total) };
  // An upload without an algorithm does not compare what it did not ask for.
  if (declared === undefined || upload.checksum === undefined) return checksum;
  if (declared.algorithm !== algorithm) {
    throw new S3Error(
      "InvalidRequest",
      "Checksum Type mismatch occurred, expected checksum Type: " +
        `${algorithm.toLowerCase()}, actual checksum Type: ${declared.algorithm.toLowerCase()}`,
    );
  }
  if (!isSame(declared.value, total)) throw badDigest(algorithm);
  return checksum;
}

/** The number of parts may be left out of a composite checksum that is declared. */
function isSame(declared: string, total: string): boolean {
  return declared === total || declared === total.replace(/-\d+$/, "");
}

async function compositeOf(
  algorithm: ObjectChecksum["algorithm"],
  parts: readonly UploadedPart[],
): Promise<string> {
  const values: string[] = [];
  for (const { checksum, content } of parts) {
    values.push(checksum?.value ?? (await digestOf(content, algorithm)));
  }
  return `${compositeChecksum(algorithm, values)}-${parts.length}`;
}

/** By combining those of the parts; by reading where a part has none. */
async function fullObjectOf(
  algorithm: ObjectChecksum["algorithm"],
  parts: readonly UploadedPart[],
  content: Content,
): Promise<string> {
  if (!isCrc(algorithm)) return digestOf(content, algorithm);
  const runs: { value: string; length: number }[] = [];
  for (const part of parts) {
    const value = part.checksum?.value ?? (await digestOf(part.content, algorithm));
    runs.push({ value, length: part.size });
  }
  return combineChecksums(algorithm, runs);
}

/** The MD5 of the MD5s of the parts, and how many they are. */
function eTagOfParts(parts: readonly UploadedPart[]): string {
  const hash = createHash("md5");
  for (const { etag } of parts) hash.update(Buffer.from(etag, "hex"));
  return `${hash.digest("hex")}-${parts.length}`;
}
