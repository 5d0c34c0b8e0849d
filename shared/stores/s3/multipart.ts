import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { copySource, type Address } from "./address.ts";
import { base64OfCrc32, crc32OfBase64 } from "./base64-crc32.ts";
import { explainFailure, failureOf } from "./failures.ts";
import type { PlannedCopy } from "./planned-object.ts";
import type { Requests } from "./requests.ts";
import type { WriteCondition } from "./conditions.ts";

/** S3 copies some hundred megabytes a second and answers when it is done. */
const copyPatience = 15 * 60_000;

/** A part that S3 has. */
export interface UploadedPart {
  readonly number: number;
  readonly etag: string;
  /** As S3 stated it; undefined where it did not. */
  readonly crc32: number | undefined;
}

/** S3 refuses to copy what may be read; the bytes can be sent instead. */
export class CopyRefused extends Error {}

/** Another account, a policy, a key, a server that copies no ranges. */
function isRefusedCopy(error: unknown): boolean {
  const { status } = failureOf(error);
  return status === 400 || status === 403 || status === 405 || status === 501;
}

/** The requests of one multipart upload. */
export class MultipartUpload {
  readonly #requests: Requests;
  readonly #address: Address;
  readonly #location: string;
  readonly #id: string;
  /** Whether S3 keeps a CRC-32 of every part and of the whole. */
  readonly #hasChecksums: boolean;

  private constructor(
    requests: Requests,
    address: Address,
    location: string,
    id: string,
    hasChecksums: boolean,
  ) {
    this.#requests = requests;
    this.#address = address;
    this.#location = location;
    this.#id = id;
    this.#hasChecksums = hasChecksums;
  }

  static async create(
    requests: Requests,
    address: Address,
    location: string,
    hasChecksums: boolean,
    metadata: Readonly<Record<string, string>> = {},
  ): Promise<MultipartUpload> {
    const command = new CreateMultipartUploadCommand({
      Bucket: address.bucket,
      Key: address.key,
      Metadata: metadata,
      ...(hasChecksums ? { ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" } : {}),
    });
    const { UploadId } = await requests.send("CreateMultipartUpload", command, {
      doing: "write",
      location,
    });
    return new MultipartUpload(requests, address, location, UploadId!, hasChecksums);
  }

  async send(number: number, bytes: Uint8Array, crc32: number): Promise<UploadedPart> {
    const command = new UploadPartCommand({
      ...this.#upload,
      PartNumber: number,
      Body: bytes,
      ContentLength: bytes.length,
      ...(this.#hasChecksums ? { ChecksumCRC32: base64OfCrc32(crc32) } : {}),
    });
    const { ETag } = await this.#requests.send("UploadPart", command, this.#options);
    this.#requests.traffic.bytesSent += bytes.length;
    return { number, etag: ETag!, crc32 };
  }

  /** @throws CopyRefused; CleaveError as `explainFailure` says of the source */
  async copy(number: number, { source, offset, length }: PlannedCopy): Promise<UploadedPart> {
    const { object } = source;
    const command = new UploadPartCopyCommand({
      ...this.#upload,
      PartNumber: number,
      CopySource: copySource(object),
      CopySourceIfMatch: object.etag,
      CopySourceRange: `bytes=${offset}-${offset + length - 1}`,
    });
    const options = { ...this.#options, raw: true, patience: copyPatience };
    const { CopyPartResult } = await this.#requests
      .send("UploadPartCopy", command, options)
      .catch((error: unknown) => {
        if (isRefusedCopy(error)) throw new CopyRefused(failureOf(error).code, { cause: error });
        throw explainFailure(error, "read", object.location);
      });
    this.#requests.traffic.bytesCopied += length;
    return {
      number,
      etag: CopyPartResult!.ETag!,
      crc32: crc32OfBase64(CopyPartResult!.ChecksumCRC32),
    };
  }

  /** @throws the SDK's error: a refusal may be an answer */
  async complete(
    parts: readonly UploadedPart[],
    whole: { readonly size: number; readonly crc32: number },
    condition: WriteCondition,
  ): Promise<void> {
    const command = new CompleteMultipartUploadCommand({
      ...this.#upload,
      MultipartUpload: {
        Parts: parts.map(({ number, etag, crc32 }) => ({
          PartNumber: number,
          ETag: etag,
          ...(this.#hasChecksums && crc32 !== undefined
            ? { ChecksumCRC32: base64OfCrc32(crc32) }
            : {}),
        })),
      },
      MpuObjectSize: whole.size,
      ...(this.#hasChecksums
        ? { ChecksumCRC32: base64OfCrc32(whole.crc32), ChecksumType: "FULL_OBJECT" }
        : {}),
      ...condition,
    });
    const options = { ...this.#options, raw: true, patience: copyPatience };
    await this.#requests.send("CompleteMultipartUpload", command, options);
  }

  /** Also when the work was stopped; a failure is left to the bucket's lifecycle rule. */
  async abort(): Promise<void> {
    const options = { ...this.#options, evenIfStopped: true };
    await this.#requests
      .send("AbortMultipartUpload", new AbortMultipartUploadCommand(this.#upload), options)
      .catch(() => undefined);
  }

  get #upload(): { Bucket: string; Key: string; UploadId: string } {
    return { Bucket: this.#address.bucket, Key: this.#address.key, UploadId: this.#id };
  }

  get #options(): { doing: string; location: string } {
    return { doing: "write", location: this.#location };
  }
}
