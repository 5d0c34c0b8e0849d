import { createReadStream } from "node:fs";
import { crc32 } from "node:zlib";
import {
  CreateBucketCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { bucket } from "./serve.ts";

/** How programs reach a server of the benchmark. */
export interface Access {
  readonly endpoint: string;
  readonly secret: string;
}

/** For the environment of cleave, and of boto3. */
export function variablesOf({ endpoint, secret }: Access): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: secret,
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
  };
}

/** What the benchmark itself does with a server, outside of what it measures. */
export class Bucket {
  readonly #client: S3Client;

  constructor({ endpoint, secret }: Access) {
    this.#client = new S3Client({
      endpoint,
      forcePathStyle: true,
      region: "us-east-1",
      credentials: { accessKeyId: "test", secretAccessKey: secret },
      requestChecksumCalculation: "WHEN_REQUIRED",
    });
  }

  async create(): Promise<void> {
    await this.#client.send(new CreateBucketCommand({ Bucket: bucket }));
  }

  /** With its CRC-32, as the SDKs of AWS upload it. */
  async put(key: string, path: string, size: number): Promise<void> {
    let crc = 0;
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 22 })) {
      crc = crc32(chunk as Buffer, crc);
    }
    const value = Buffer.alloc(4);
    value.writeUInt32BE(crc);
    await this.#client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: createReadStream(path),
        ContentLength: size,
        ChecksumCRC32: value.toString("base64"),
      }),
    );
  }

  /** Objects whose keys start so. */
  async list(prefix: string): Promise<{ key: string; size: number }[]> {
    const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix });
    const { Contents = [] } = await this.#client.send(command);
    return Contents.map(({ Key, Size }) => ({ key: Key!, size: Size! }));
  }

  async remove(prefix: string): Promise<void> {
    const found = await this.list(prefix);
    if (found.length === 0) return;
    const Delete = { Objects: found.map(({ key }) => ({ Key: key })) };
    await this.#client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete }));
  }

  close(): void {
    this.#client.destroy();
  }
}
