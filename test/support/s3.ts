import { CreateBucketCommand, PutBucketVersioningCommand, type S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach } from "vitest";
import type { S3Options } from "#shared/stores/s3-options.ts";
import { startS3Server, type S3Server } from "../../local/s3/server.ts";
import { s3Client } from "./s3-client.ts";

export interface Served {
  readonly server: S3Server;
  readonly client: S3Client;
  /** For the verbs: bodies that stand still are given up soon. */
  readonly s3: S3Options;
}

/** Our own S3 server for the tests of one file, with a bucket "models" that keeps versions. */
export function serveS3(): Served {
  const served = {} as { server: S3Server; client: S3Client; s3: S3Options };
  beforeAll(async () => {
    served.server = await startS3Server();
    served.client = s3Client(served.server.url);
    served.s3 = { client: served.client, stall: 300 };
    await served.client.send(new CreateBucketCommand({ Bucket: "models" }));
    const VersioningConfiguration = { Status: "Enabled" } as const;
    await served.client.send(
      new PutBucketVersioningCommand({ Bucket: "models", VersioningConfiguration }),
    );
  });
  beforeEach(() => {
    served.server.clearFaults();
    served.server.clearLog();
    served.server.setMode({ copiedChecksum: "right" });
  });
  afterAll(async () => {
    served.client.destroy();
    await served.server.close();
  });
  return served;
}
