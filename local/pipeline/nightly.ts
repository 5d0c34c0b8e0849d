import { randomUUID } from "node:crypto";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import pLimit from "p-limit";
import { modelsBucket, type Pipeline } from "./pipeline.ts";

export interface NightlyOptions {
  readonly prefix: string;
  readonly force: boolean;
  readonly concurrency: number;
}

/** What the function `batch-report` answers. */
export interface NightlyAnswer {
  readonly report: string;
  readonly json: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly failed: number;
}

/** How often an item is tried; as deployed. */
const mostAttempts = 4;

/** What the state machine does: every object of the models bucket, then the report. */
export async function nightly(
  pipeline: Pick<Pipeline, "client" | "invoke">,
  { prefix, force, concurrency }: NightlyOptions,
): Promise<NightlyAnswer> {
  const input = { kind: "split", prefix, force };
  await pipeline.invoke("batch-report", { stage: "check", input });
  const run = randomUUID();
  const startedAt = new Date().toISOString();
  const limit = pLimit(concurrency);
  const items: Promise<void>[] = [];
  let token: string | undefined;
  do {
    const page = await pipeline.client.send(
      new ListObjectsV2Command({ Bucket: modelsBucket, Prefix: prefix, ContinuationToken: token }),
    );
    for (const { Key, Size, ETag } of page.Contents ?? []) {
      const item = { Key, Size, ETag };
      const event = { kind: "split", run, force, bucket: modelsBucket, item };
      items.push(limit(() => attempt(pipeline, event)));
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
  await Promise.all(items);
  const event = { stage: "report", run, ...input, startedAt };
  return (await pipeline.invoke("batch-report", event)) as NightlyAnswer;
}

/** An item that fails every time is in the report. */
async function attempt(pipeline: Pick<Pipeline, "invoke">, event: object): Promise<void> {
  for (let count = 1; count <= mostAttempts; count += 1) {
    try {
      await pipeline.invoke("batch-item", event);
      return;
    } catch {
      // Its outcome says why.
    }
  }
}
