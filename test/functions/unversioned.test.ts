import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startPipeline, type Pipeline } from "../../local/pipeline/pipeline.ts";
import { sqsRecord } from "../../local/pipeline/upload-queue.ts";
import type { ObjectCreatedEvent } from "../../local/s3/server.ts";
import { fixture } from "../support/fixtures.ts";
import { jsonOf, keysBelow } from "../support/objects.ts";

let pipeline: Pipeline;
const events: ObjectCreatedEvent[] = [];

beforeAll(async () => {
  const onUpload = (event: ObjectCreatedEvent): void => void events.push(event);
  pipeline = await startPipeline({ trigger: false, versions: false, onUpload });
});
afterAll(async () => pipeline.close());

async function deliver(event: object): Promise<unknown> {
  return pipeline.invoke("split-on-upload", { Records: [sqsRecord("m", event)] });
}

const done = { batchItemFailures: [] };

test.each([undefined, "null"])(
  "a model without versions is not found by its content (%s)",
  async (version) => {
    await pipeline.s3.putFile("models", "plain.keras", fixture("keras-3.15.1-jax/classic.keras"));
    const event = events.at(-1)!;
    const object = { ...event.detail.object, ...(version && { "version-id": version }) };

    expect(await deliver({ ...event, detail: { ...event.detail, object } })).toEqual(done);

    const folder = `split/models/plain.keras/${object.etag}`;
    const latest = await jsonOf(
      pipeline.client,
      "s3://artifacts/split/models/plain.keras/latest.json",
    );
    expect(latest).toMatchObject({ folder: `s3://artifacts/${folder}`, model: { version: null } });
  },
);

test("an event of a content that was overwritten takes the new content for it", async () => {
  await pipeline.s3.putFile("models", "over.keras", fixture("keras-3.15.1-jax/classic.keras"));
  const late = events.at(-1)!;
  const Body = "something else";
  await pipeline.client.send(new PutObjectCommand({ Bucket: "models", Key: "over.keras", Body }));

  expect(await deliver(late)).toEqual(done);
  expect(await keysBelow(pipeline.client, "artifacts", "split/models/over.keras")).toEqual([]);
});
