import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { startPipeline, type Pipeline } from "../../local/pipeline/pipeline.ts";
import { makeTrue, readSampleEvent } from "../../local/sample-event.ts";
import { keysBelow } from "../support/objects.ts";

const events = fileURLToPath(new URL("../../events/", import.meta.url));
const names = readdirSync(events).filter((name) => !name.startsWith("nightly"));

let pipeline: Pipeline;
/** The functions keep their connections to where S3 was when they were loaded. */
let port = 0;
afterEach(async () => pipeline.close());

test.each(names)("%s is not what its function takes", async (name) => {
  const sample = readSampleEvent(join(events, name));
  pipeline = await startPipeline({ port, trigger: false, versions: sample.versions });
  port = Number(new URL(pipeline.s3.url).port);

  const answer = await pipeline.invoke(sample.function, await makeTrue(pipeline, sample));

  if (sample.function === "split-on-upload") {
    expect(answer).toEqual({ batchItemFailures: [] });
    const uploads = (sample.event as { Records: unknown[] }).Records.length;
    const made = await keysBelow(pipeline.client, "artifacts", "split/");
    const manifests = made.filter((key) => key.endsWith("/manifest.json"));
    expect(manifests).toHaveLength(name.includes("weights") ? 0 : uploads);
    return;
  }
  const { outcome } = answer as { outcome?: string };
  if (outcome !== undefined) expect(outcome).toMatch(/^(split|recombined)$/);
  expect(answer).toMatchObject(
    sample.function === "inspect"
      ? { kind: "model" }
      : sample.function === "batch-report"
        ? name.includes("check")
          ? { kind: "split", error: null }
          : { failed: 0 }
        : { outcome: expect.any(String) as string },
  );
});
