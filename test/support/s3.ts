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

/** Our own S3 server, with a bucket "models" that keeps versions, until it is closed. */
export async function openS3(): Promise<Served & { close(): Promise<void> }> {
  const server = await startS3Server();
  const client = s3Client(server.url);
  await client.send(new CreateBucketCommand({ Bucket: "models" }));
  const VersioningConfiguration = { Status: "Enabled" } as const;
  await client.send(new PutBucketVersioningCommand({ Bucket: "models", VersioningConfiguration }));
  return {
    server,
    client,
    s3: { client, stall: 300 },
    async close() {
      client.destroy();
      await server.close();
    },
  };
}

/** One for the tests of one file. */
export function serveS3(): Served {
  const served = {} as Awaited<ReturnType<typeof openS3>>;
  beforeAll(async () => {
    Object.assign(served, await openS3());
  });
  beforeEach(() => {
    served.server.clearFaults();
    served.server.clearLog();
    served.server.setMode({ copiedChecksum: "right" });
  });
  afterAll(() => served.close());
  return served;
}
