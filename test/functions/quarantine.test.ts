import { readFileSync } from "node:fs";
import {
  GetObjectTaggingCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { whereIs } from "#shared/pipeline/where.ts";
import { scan } from "#shared/scan.ts";
import { sqsRecord } from "../../local/pipeline/upload-queue.ts";
import { startPipeline, type Pipeline } from "../../local/pipeline/pipeline.ts";
import type { ObjectCreatedEvent } from "../../local/s3/server.ts";
import { allCases, pathOf } from "../hostile-files/cases.ts";
import { fixture } from "../support/fixtures.ts";
import { jsonOf, keysBelow } from "../support/objects.ts";

const lambda = fixture("keras-3.15.1-jax/lambda_layer.h5");
const external = pathOf(allCases.find(({ id }) => id === "ext-storage-legacy")!);

let pipeline: Pipeline;
let events: ObjectCreatedEvent[] = [];

beforeAll(async () => {
  process.env["AWS_MAX_ATTEMPTS"] = "1";
  pipeline = await startPipeline({ trigger: false, onUpload: (event) => void events.push(event) });
});
afterAll(async () => pipeline.close());
afterEach(() => {
  delete process.env["CLEAVE_POLICY"];
  pipeline.s3.clearFaults();
  events = [];
});

async function upload(key: string, path: string): Promise<ObjectCreatedEvent> {
  await pipeline.s3.putFile("models", key, path);
  return events.at(-1)!;
}

async function deliver(event: object): Promise<unknown[]> {
  const Records = [sqsRecord("m", event)];
  const answer = await pipeline.invoke("split-on-upload", { Records });
  return (answer as { batchItemFailures: unknown[] }).batchItemFailures;
}

const artifacts = (key: string): Promise<string[]> =>
  keysBelow(pipeline.client, "artifacts", `split/models/${key}/`);

async function tagsOf(key: string): Promise<Record<string, string>> {
  const command = new GetObjectTaggingCommand({ Bucket: "models", Key: key });
  const { TagSet = [] } = await pipeline.client.send(command);
  return Object.fromEntries(TagSet.map(({ Key, Value }) => [Key!, Value!]));
}

async function verdictOf(key: string): Promise<{ verdict: string; findings: { id: string }[] }> {
  const name = (await artifacts(key)).find((one) => one.endsWith("/verdict.json"))!;
  return jsonOf(pipeline.client, `s3://artifacts/${name}`);
}

describe("a model with code in it", () => {
  test("is kept away: no artifact, a verdict, a tag, and a message that is done with", async () => {
    const event = await upload("bad.h5", lambda);

    expect(await deliver(event)).toEqual([]);

    const names = (await artifacts("bad.h5")).map((key) => key.replace(/^.*\//, ""));
    expect(names.toSorted()).toEqual(["error.json", "verdict.json"]);
    expect(await verdictOf("bad.h5")).toMatchObject({
      verdict: "dangerous",
      action: "quarantine",
      findings: [{ id: "KS101" }],
    });
    expect(await tagsOf("bad.h5")).toEqual({ "cleave-quarantine": "dangerous" });
    expect(await whereIs("s3://models/bad.h5", "artifacts")).toMatchObject({
      state: "quarantined",
      error: { code: "QUARANTINED" },
    });
  });

  test("is not looked at again, until the policy is another one that allows it", async () => {
    const event = await upload("known.h5", lambda);
    await pipeline.client.send(
      new PutObjectTaggingCommand({
        Bucket: "models",
        Key: "known.h5",
        Tagging: { TagSet: [{ Key: "owner", Value: "ml" }] },
      }),
    );
    await deliver(event);
    expect(await tagsOf("known.h5")).toEqual({ owner: "ml", "cleave-quarantine": "dangerous" });
    pipeline.s3.clearLog();
    await deliver(event);
    expect(pipeline.s3.log.filter(({ key }) => key === "known.h5")).toEqual([]);

    const { findings } = await scan(lambda);
    const digests = [findings[0]!.digest];
    process.env["CLEAVE_POLICY"] = JSON.stringify({ allow: { digests } });
    expect(await deliver(event)).toEqual([]);

    const names = (await artifacts("known.h5")).map((key) => key.replace(/^.*\//, ""));
    expect(names).toContain("manifest.json");
    expect(names).not.toContain("verdict.json");
    expect(names).not.toContain("error.json");
    expect(await tagsOf("known.h5")).toEqual({ owner: "ml" });
  });

  test("is told to who asks for it by name, with the finding", async () => {
    await upload("asked.h5", lambda);

    await expect(pipeline.invoke("split", { model: "s3://models/asked.h5" })).rejects.toMatchObject(
      { name: "QUARANTINED", message: expect.stringContaining("KS101") as string },
    );
    await expect(
      pipeline.invoke("split", { model: "s3://models/asked.h5", out: "s3://artifacts/split/x" }),
    ).rejects.toMatchObject({ name: "QUARANTINED" });
  });

  test("waits in the queue where it cannot be marked for the time being", async () => {
    const event = await upload("denied.h5", lambda);
    pipeline.s3.inject({
      kind: "status",
      status: 403,
      code: "AccessDenied",
      operation: "PutObjectTagging",
      times: 1,
    });

    expect(await deliver(event)).toHaveLength(1);
    expect(await artifacts("denied.h5")).toEqual([]);
    expect(await deliver(event)).toEqual([]);
    expect(await tagsOf("denied.h5")).toEqual({ "cleave-quarantine": "dangerous" });
  });

  test("is split and told of where the policy says so, with the verdict in its manifest", async () => {
    process.env["CLEAVE_POLICY"] = JSON.stringify({ severities: { critical: "notify" } });
    const event = await upload("told.h5", lambda);

    expect(await deliver(event)).toEqual([]);

    const name = (await artifacts("told.h5")).find((key) => key.endsWith("manifest.json"))!;
    expect(await jsonOf(pipeline.client, `s3://artifacts/${name}`)).toMatchObject({
      scan: { verdict: "dangerous", findings: [{ id: "KS101", allowed: false }] },
    });
  });
});

test("a file that readers refuse is kept away where it is hostile, and fails where it is broken", async () => {
  await deliver(await upload("external.h5", external));
  const cut = readFileSync(fixture("keras-3.15.1-jax/classic.h5")).subarray(0, 5000);
  await pipeline.client.send(new PutObjectCommand({ Bucket: "models", Key: "cut.h5", Body: cut }));
  await deliver(events.at(-1)!);

  expect(await verdictOf("external.h5")).toMatchObject({ verdict: "unreadable" });
  expect((await whereIs("s3://models/external.h5", "artifacts")).state).toBe("quarantined");
  expect((await whereIs("s3://models/cut.h5", "artifacts")).state).toBe("failed");
});

describe("recombine does not make", () => {
  test("a model of a folder that is kept away", async () => {
    await deliver(await upload("away.h5", lambda));
    const [first] = await artifacts("away.h5");
    const folder = `s3://artifacts/${first!.replace(/\/[^/]*$/, "")}`;

    await expect(pipeline.invoke("recombine", { folder })).rejects.toMatchObject({
      name: "QUARANTINED",
    });
  });

  test("a model of artifacts into which code was put since", async () => {
    await deliver(await upload("good.h5", fixture("keras-3.15.1-jax/cnn_bn.h5")));
    const names = await artifacts("good.h5");
    const name = names.find((key) => key.endsWith("/architecture.json"))!;
    const text = JSON.stringify(await jsonOf(pipeline.client, `s3://artifacts/${name}`));
    const Body = text.replace(
      /"activation": ?"relu"/,
      '"activation":{"module":"os","class_name":"function","config":"system","registered_name":"function"}',
    );
    expect(Body).not.toBe(text);
    await pipeline.client.send(new PutObjectCommand({ Bucket: "artifacts", Key: name, Body }));
    const folder = `s3://artifacts/${name.replace(/\/[^/]*$/, "")}`;

    await expect(pipeline.invoke("recombine", { folder })).rejects.toMatchObject({
      name: "QUARANTINED",
      message: expect.stringContaining("KS110") as string,
    });
  });
});

test("a policy that is wrong stops the functions, by name", async () => {
  process.env["CLEAVE_POLICY"] = '{"findings": {"KS1": "allow"}}';
  const event = await upload("policy.h5", lambda);

  expect(await deliver(event)).toHaveLength(1);
  await expect(pipeline.invoke("split", { model: "s3://models/policy.h5" })).rejects.toMatchObject({
    message: expect.stringContaining("CLEAVE_POLICY") as string,
  });
});
