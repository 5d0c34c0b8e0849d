import { createHash } from "node:crypto";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { AwsChunkedDecoder, malformedTrailer } from "./aws-chunked.ts";
import { checksumHeader, hasher, type Checksum, type ChecksumAlgorithm } from "./checksums.ts";
import { fileContent, type Content } from "./content.ts";
import { checkValue, declaredBody, type DeclaredBody } from "./declared.ts";
import { remember } from "./digests.ts";
import type { Exchange } from "./exchange.ts";
import { Pacer } from "./pacer.ts";
import { S3Error } from "./s3-error.ts";

/** The bytes of an object or part, on disk and verified. */
export interface ReceivedObject {
  readonly content: Content;
  readonly size: number;
  /** MD5 in hexadecimal. */
  readonly etag: string;
  /** What the client declared, or else of the algorithm that was asked for. */
  readonly checksum: Checksum;
}

/** Largest body of one request: "Amazon S3 multipart upload limits" in the User Guide. */
export const largestPart = 5 * 1024 ** 3;
/** Complete of 10,000 parts with SHA-256 of each is about 2 MB. */
const largestDocument = 8 * 1024 * 1024;

/**
 * Streams a body into a new file. When it is not what was declared, nothing of it stays.
 *
 * @param fallback the algorithm of the checksum where the client declares none
 */
export async function receiveObject(
  exchange: Exchange,
  path: string,
  fallback: ChecksumAlgorithm,
): Promise<ReceivedObject> {
  const declared = declaredBody(exchange);
  if (declared.length === undefined) {
    const message = "You must provide the Content-Length HTTP header.";
    throw new S3Error("MissingContentLength", message);
  }
  if (declared.length > largestPart) {
    const details = { ProposedSize: declared.length, MaxSizeAllowed: largestPart };
    const message = "Your proposed upload exceeds the maximum allowed size";
    throw new S3Error("EntityTooLarge", message, { details });
  }
  const algorithm = declared.checksum?.algorithm ?? fallback;
  const content = exchange.hold(fileContent(path, declared.length));
  const file = await open(path, "w");
  try {
    const { md5, value } = await verifiedBody(exchange, declared, algorithm, (bytes) =>
      file.writeFile(bytes),
    );
    remember(content, "MD5", md5);
    remember(content, algorithm, value);
    const etag = Buffer.from(md5, "base64").toString("hex");
    return { content, size: declared.length, etag, checksum: { algorithm, value } };
  } finally {
    await file.close();
  }
}

/** A body that is a document: XML. Empty where there is none. */
export async function receiveDocument(exchange: Exchange): Promise<string> {
  // At Complete the checksum in the headers is that of the object.
  const isOfObject = exchange.route.operation === "CompleteMultipartUpload";
  const all = declaredBody(exchange);
  const declared: DeclaredBody = isOfObject ? { ...all, checksum: undefined } : all;
  if ((declared.length ?? 0) > largestDocument) {
    throw new S3Error("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
  }
  const pieces: Uint8Array[] = [];
  await verifiedBody(exchange, declared, declared.checksum?.algorithm ?? "CRC32", (bytes) => {
    pieces.push(bytes);
  });
  return Buffer.concat(pieces).toString("utf8");
}

async function verifiedBody(
  exchange: Exchange,
  declared: DeclaredBody,
  algorithm: ChecksumAlgorithm,
  take: (bytes: Uint8Array) => Promise<void> | void,
): Promise<{ md5: string; value: string }> {
  const decoder = declared.isAwsChunked ? new AwsChunkedDecoder() : undefined;
  const md5 = hasher("MD5");
  const checksum = hasher(algorithm);
  const sha256 = declared.sha256 === undefined ? undefined : createHash("sha256");
  let size = 0;
  for await (const piece of pacedBody(exchange, declared.length ?? 0)) {
    for (const bytes of decoder?.decode(piece) ?? [piece]) {
      size += bytes.length;
      exchange.entry.bytesIn += bytes.length;
      if (size > (declared.length ?? 0)) throw incompleteBody();
      md5.update(bytes);
      checksum.update(bytes);
      sha256?.update(bytes);
      await take(bytes);
    }
  }
  if (size !== (declared.length ?? 0) || decoder?.isComplete === false) throw incompleteBody();

  const value = checksum.digest();
  const found = { md5: md5.digest(), value };
  if (declared.contentMd5 !== undefined && declared.contentMd5 !== found.md5) {
    const message = "The Content-MD5 you specified did not match what we received.";
    throw new S3Error("BadDigest", message);
  }
  if (sha256 !== undefined && sha256.digest("hex") !== declared.sha256) {
    const message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
    throw new S3Error("XAmzContentSHA256Mismatch", message);
  }
  if (declared.checksum === undefined) return found;
  const inTrailer = decoder?.trailers.get(checksumHeader(algorithm));
  const expected = declared.checksum.value ?? inTrailer;
  if (expected === undefined) throw malformedTrailer();
  checkValue(algorithm, expected);
  if (expected !== value) throw badDigest(algorithm);
  return found;
}

export function badDigest(algorithm: ChecksumAlgorithm): S3Error {
  const message = `The ${algorithm} you specified did not match the calculated checksum.`;
  return new S3Error("BadDigest", message);
}

export function incompleteBody(): S3Error {
  return new S3Error(
    "IncompleteBody",
    "You did not provide the number of bytes specified by the Content-Length HTTP header",
  );
}

/** The body as it comes, no faster than the server's rate, with faults that cut it. */
async function* pacedBody(exchange: Exchange, length: number): AsyncGenerator<Uint8Array> {
  const { request, fault } = exchange;
  const pacer = new Pacer(exchange.bytesPerSecond);
  const isCut = carriesObject(exchange.route.operation) && fault !== undefined;
  let received = 0;
  for await (const piece of request.iterator({ destroyOnReturn: false })) {
    const bytes = piece as Uint8Array;
    await pacer.pass(bytes.length);
    yield bytes;
    received += bytes.length;
    if (!isCut || received < length / 2) continue;
    if (fault.kind !== "reset-body" && fault.kind !== "stall-body") continue;
    if (fault.kind === "reset-body") request.socket.resetAndDestroy();
    else if (!request.socket.destroyed) await once(request.socket, "close");
    // All of a short body may be there already.
    throw new Error("The body was cut by a fault.");
  }
}

/** Whether the body of a request is that of an object, so that faults of bodies mean it. */
export function carriesObject(operation: string): boolean {
  return operation === "PutObject" || operation === "UploadPart";
}
