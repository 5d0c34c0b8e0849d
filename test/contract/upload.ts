import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type CompleteMultipartUploadCommandInput,
  type CompleteMultipartUploadCommandOutput,
  type CompletedPart,
  type CreateMultipartUploadCommandInput,
  type UploadPartCommandInput,
  type UploadPartCopyCommandInput,
} from "@aws-sdk/client-s3";
import type { Context } from "./check.ts";

type OfUpload = "Bucket" | "Key" | "UploadId" | "PartNumber" | "Body" | "MultipartUpload";
type Options<T> = Omit<T, OfUpload>;

/** One multipart upload of a check. */
export class Upload {
  readonly id: string;
  readonly key: string;
  readonly #context: Context;
  /** Complete states checksums of parts only for an upload that was created with a kind of them. */
  readonly #hasChecksums: boolean;

  private constructor(context: Context, key: string, id: string, hasChecksums: boolean) {
    this.#context = context;
    this.key = key;
    this.id = id;
    this.#hasChecksums = hasChecksums;
  }

  static async create(
    context: Context,
    key: string,
    options: Options<CreateMultipartUploadCommandInput> = {},
  ): Promise<Upload> {
    const { client, bucket } = context;
    const command = new CreateMultipartUploadCommand({ Bucket: bucket, Key: key, ...options });
    const { UploadId } = await client.send(command);
    return new Upload(context, key, UploadId!, options.ChecksumAlgorithm !== undefined);
  }

  /** @returns the part as Complete wants it, with the checksum that the server stated of it */
  async send(
    number: number,
    bytes: string | Uint8Array,
    options: Options<UploadPartCommandInput> = {},
  ): Promise<CompletedPart> {
    const command = new UploadPartCommand({ ...this.part(number), Body: bytes, ...options });
    return this.#completed(number, await this.#context.client.send(command));
  }

  /** @param range first and last byte; the whole source unless given */
  async copy(
    number: number,
    source: string,
    range?: readonly [first: number, last: number],
    options: Partial<Options<UploadPartCopyCommandInput>> = {},
  ): Promise<CompletedPart> {
    const command = new UploadPartCopyCommand({
      ...this.part(number),
      CopySource: source,
      ...(range && { CopySourceRange: `bytes=${range[0]}-${range[1]}` }),
      ...options,
    });
    const { CopyPartResult } = await this.#context.client.send(command);
    return this.#completed(number, CopyPartResult ?? {});
  }

  complete(
    parts: CompletedPart[],
    options: Options<CompleteMultipartUploadCommandInput> = {},
  ): Promise<CompleteMultipartUploadCommandOutput> {
    const command = new CompleteMultipartUploadCommand({
      ...this.names,
      MultipartUpload: { Parts: parts },
      ...options,
    });
    return this.#context.client.send(command);
  }

  part(number: number): { Bucket: string; Key: string; UploadId: string; PartNumber: number } {
    return { ...this.names, PartNumber: number };
  }

  get names(): { Bucket: string; Key: string; UploadId: string } {
    return { Bucket: this.#context.bucket, Key: this.key, UploadId: this.id };
  }

  #completed(number: number, stated: Omit<CompletedPart, "PartNumber">): CompletedPart {
    const { ETag, ChecksumCRC32, ChecksumCRC32C, ChecksumCRC64NVME, ChecksumSHA256 } = stated;
    const part = { PartNumber: number, ETag };
    if (!this.#hasChecksums) return part;
    return { ...part, ChecksumCRC32, ChecksumCRC32C, ChecksumCRC64NVME, ChecksumSHA256 };
  }
}
