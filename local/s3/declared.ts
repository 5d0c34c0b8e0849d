import {
  checksumAlgorithms,
  checksumHeader,
  isDigest,
  type ChecksumAlgorithm,
} from "./checksums.ts";
import type { Exchange } from "./exchange.ts";
import { S3Error } from "./s3-error.ts";

/** What the headers of a request say about its body. */
export interface DeclaredBody {
  /** Of the body itself, not of its encoding; undefined only for a body that may be absent. */
  readonly length: number | undefined;
  readonly isAwsChunked: boolean;
  readonly contentMd5: string | undefined;
  /** In hexadecimal; undefined where the payload is not signed as a whole. */
  readonly sha256: string | undefined;
  readonly checksum: DeclaredChecksum | undefined;
}

export interface DeclaredChecksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Undefined where it comes in the trailer. */
  readonly value: string | undefined;
}

/** @throws S3Error where the headers are malformed or contradict each other */
export function declaredBody(exchange: Exchange): DeclaredBody {
  const payload = exchange.header("x-amz-content-sha256") ?? "";
  const encoding = exchange.header("content-encoding") ?? "";
  const isAwsChunked = payload.startsWith("STREAMING-") || /\baws-chunked\b/.test(encoding);
  const length = exchange.header(isAwsChunked ? "x-amz-decoded-content-length" : "content-length");
  if (length !== undefined && !/^\d{1,15}$/.test(length)) {
    throw new S3Error("InvalidArgument", "The length of the body is not a number.");
  }
  if (
    length === undefined &&
    (isAwsChunked || exchange.header("transfer-encoding") !== undefined)
  ) {
    const message = "You must provide the Content-Length HTTP header.";
    throw new S3Error("MissingContentLength", message);
  }
  const contentMd5 = exchange.header("content-md5");
  if (contentMd5 !== undefined && !isDigest(contentMd5, "MD5")) {
    throw new S3Error("InvalidDigest", "The Content-MD5 you specified was invalid.");
  }
  return {
    length: length === undefined ? undefined : Number(length),
    isAwsChunked,
    contentMd5,
    sha256: /^[\da-f]{64}$/i.test(payload) ? payload.toLowerCase() : undefined,
    checksum: checksumOfBody(exchange),
  };
}

/** The checksum in the headers, of the body or, at Complete, of the object. */
export function declaredChecksum(
  exchange: Exchange,
): { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined {
  const sent = Object.keys(exchange.request.headers).filter(
    (name) => name.startsWith("x-amz-checksum-") && !/-(?:mode|type|algorithm)$/.test(name),
  );
  if (sent.length === 0) return undefined;
  if (sent.length > 1) {
    throw new S3Error(
      "InvalidRequest",
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    );
  }
  const algorithm = algorithmOf(sent[0]!);
  const value = exchange.header(sent[0]!)!;
  checkValue(algorithm, value);
  return { algorithm, value };
}

export function checkValue(algorithm: ChecksumAlgorithm, value: string): void {
  if (isDigest(value.replace(/-\d+$/, ""), algorithm)) return;
  const message = `Value for ${checksumHeader(algorithm)} header is invalid.`;
  throw new S3Error("InvalidRequest", message);
}

function checksumOfBody(exchange: Exchange): DeclaredChecksum | undefined {
  const inHeader = declaredChecksum(exchange);
  const trailer = exchange
    .header("x-amz-trailer")
    ?.toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .find((name) => name.startsWith("x-amz-checksum-"));
  if (trailer !== undefined && inHeader !== undefined) {
    throw new S3Error(
      "InvalidRequest",
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    );
  }
  if (trailer !== undefined) return { algorithm: algorithmOf(trailer), value: undefined };
  const named = exchange.header("x-amz-sdk-checksum-algorithm");
  if (named !== undefined && inHeader === undefined) {
    throw new S3Error(
      "InvalidRequest",
      "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or " +
        "x-amz-trailer headers were found.",
    );
  }
  if (named !== undefined && named.toUpperCase() !== inHeader!.algorithm) {
    const message = "Value for x-amz-sdk-checksum-algorithm header is invalid.";
    throw new S3Error("InvalidRequest", message);
  }
  return inHeader;
}

function algorithmOf(header: string): ChecksumAlgorithm {
  const found = checksumAlgorithms.find((algorithm) => checksumHeader(algorithm) === header);
  if (found !== undefined) return found;
  throw new S3Error("NotImplemented", `This server does not know the checksum of ${header}.`);
}
