import { randomBytes } from "node:crypto";
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  PutBucketVersioningCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
  type CompletedPart,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { startS3Server, type S3Server, type S3ServerOptions } from "../../../local/s3/server.ts";

export const MiB = 1024 * 1024;
export const Bucket = "models";

/** A server for the tests of one file, a client that does not retry, and a versioned bucket. */
export function serve(options: S3ServerOptions = {}): { server: S3Server; client: S3Client } {
  const served = {} as { server: S3Server; client: S3Client };
  beforeAll(async () => {
    served.server = await startS3Server(options);
    served.client = new S3Client({
      endpoint: served.server.url,
      region: "us-east-1",
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
    await served.client.send(new CreateBucketCommand({ Bucket }));
    const VersioningConfiguration = { Status: "Enabled" } as const;
    await served.client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  });
  beforeEach(() => {
    served.server.clearFaults();
    served.server.clearLog();
  });
  afterAll(async () => {
    served.client.destroy();
    await served.server.close();
  });
  return served;
}

/** Name and status of the refusal of a request. */
export async function refusal(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
    return `${name} ${$metadata?.httpStatusCode}`;
  }
  return "not refused";
}

export interface PartPlan {
  readonly data?: Uint8Array;
  /** First and last byte of `source`. */
  readonly copy?: readonly [first: number, last: number];
  readonly source?: string;
}

/** Creates an upload with CRC-32 of the full object and sends its parts. */
export async function uploadParts(
  client: S3Client,
  Key: string,
  plan: readonly PartPlan[],
): Promise<{ UploadId: string; Parts: CompletedPart[] }> {
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({
      Bucket,
      Key,
      ChecksumAlgorithm: "CRC32",
      ChecksumType: "FULL_OBJECT",
    }),
  );
  const Parts: CompletedPart[] = [];
  for (const [index, { data, copy, source }] of plan.entries()) {
    const part = { Bucket, Key, UploadId, PartNumber: index + 1 };
    if (data !== undefined) {
      const { ETag } = await client.send(new UploadPartCommand({ ...part, Body: data }));
      Parts.push({ PartNumber: part.PartNumber, ETag });
      continue;
    }
    const { CopyPartResult } = await client.send(
      new UploadPartCopyCommand({
        ...part,
        CopySource: source,
        ...(copy && { CopySourceRange: `bytes=${copy[0]}-${copy[1]}` }),
      }),
    );
    const { ETag, ChecksumCRC32 } = CopyPartResult!;
    Parts.push({ PartNumber: part.PartNumber, ETag, ChecksumCRC32 });
  }
  return { UploadId: UploadId!, Parts };
}

export function complete(
  Key: string,
  { UploadId, Parts }: { UploadId: string; Parts: CompletedPart[] },
  options: { ChecksumCRC32?: string; IfNoneMatch?: string } = {},
): CompleteMultipartUploadCommand {
  const MultipartUpload = { Parts };
  return new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload, ...options });
}

let names = 0;
export function newKey(): string {
  names += 1;
  return `key ${names} ü+&.keras`;
}

export const random = (size: number): Buffer => randomBytes(size);
