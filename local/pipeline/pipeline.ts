import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from "@aws-sdk/client-s3";
import { keyMatcher, usualPatterns } from "../../shared/pipeline/key-patterns.ts";
import { startS3Server, type ObjectCreatedEvent, type S3Server } from "../s3/server.ts";
import type { FunctionName } from "../../functions/names.ts";
import { callFunction } from "./functions.ts";
import { UploadQueue, type UploadQueueOptions } from "./upload-queue.ts";

export const modelsBucket = "models";
export const artifactsBucket = "artifacts";

export interface PipelineOptions extends Partial<UploadQueueOptions> {
  /** Of the S3 server; any that is free unless said. */
  readonly port?: number;
  /** Of the S3 server: milliseconds before each answer. */
  readonly latency?: number;
  /** False for models in a bucket that keeps no versions. */
  readonly versions?: boolean;
  /** False where uploads are not to be split by themselves. */
  readonly trigger?: boolean;
  readonly onUpload?: (event: ObjectCreatedEvent) => void;
}

/** The deployed functions, the trigger and the buckets in this process. */
export interface Pipeline {
  readonly s3: S3Server;
  readonly client: S3Client;
  readonly uploads: UploadQueue;
  invoke(name: FunctionName, event: unknown): Promise<unknown>;
  close(): Promise<void>;
}

/** Starts all of it. One at a time in a process: functions are told where they are by its environment. */
export async function startPipeline(options: PipelineOptions = {}): Promise<Pipeline> {
  const { concurrency = 2, visibility = 500, versions = true, trigger = true } = options;
  const isModel = keyMatcher(process.env["CLEAVE_KEY_PATTERNS"]?.split(",") ?? usualPatterns);
  const uploads = new UploadQueue({ concurrency, visibility });
  const s3 = await startS3Server({
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.latency === undefined ? {} : { latency: options.latency }),
    onEvent: (event) => {
      const { bucket, object } = event.detail;
      if (bucket.name !== modelsBucket || !isModel(object.key)) return;
      if (trigger) uploads.send(event);
      options.onUpload?.(event);
    },
  });
  Object.assign(process.env, environmentOf(s3.url));
  const client = new S3Client({ forcePathStyle: true, maxAttempts: 4 });
  await makeBuckets(client, versions);
  return {
    s3,
    client,
    uploads,
    invoke: callFunction,
    async close() {
      await uploads.idle();
      client.destroy();
      await s3.close();
    },
  };
}

/** @param versions whether the models bucket keeps them */
export async function makeBuckets(client: S3Client, versions = true): Promise<void> {
  for (const Bucket of [modelsBucket, artifactsBucket]) {
    await client.send(new CreateBucketCommand({ Bucket }));
    if (Bucket === modelsBucket && !versions) continue;
    const VersioningConfiguration = { Status: "Enabled" } as const;
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  }
}

/** What the functions, and programs of AWS, need to find all of it. */
export function environmentOf(url: string): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL_S3: url,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    CLEAVE_MODELS_BUCKET: modelsBucket,
    CLEAVE_ARTIFACTS_BUCKET: artifactsBucket,
    POWERTOOLS_SERVICE_NAME: "cleave",
    POWERTOOLS_METRICS_NAMESPACE: "Cleave",
    // Metrics and traces have nobody here to take them; logs are for those who ask.
    POWERTOOLS_METRICS_DISABLED: "true",
    POWERTOOLS_TRACE_ENABLED: "false",
    POWERTOOLS_LOG_LEVEL: process.env["POWERTOOLS_LOG_LEVEL"] ?? "SILENT",
  };
}
