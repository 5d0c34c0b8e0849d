import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { setLimits } from "#shared/limits.ts";
import { split } from "#shared/split.ts";
import { artifactNames } from "#shared/manifest/artifacts.ts";
import { sqsRecord } from "../../local/pipeline/upload-queue.ts";
import { startPipeline, type Pipeline } from "../../local/pipeline/pipeline.ts";
import type { ObjectCreatedEvent } from "../../local/s3/server.ts";
import { fixture } from "../support/fixtures.ts";
import { keysBelow, jsonOf, objectText } from "../support/objects.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();
const model = fixture("keras-3.15.1-jax/classic.keras");
const other = fixture("keras-3.15.1-jax/nested_seq_in_fn.keras");

let pipeline: Pipeline;
let events: ObjectCreatedEvent[] = [];

beforeAll(async () => {
  process.env["AWS_MAX_ATTEMPTS"] = "1";
  pipeline = await startPipeline({
    trigger: false,
    onUpload: (event) => void events.push(event),
  });
});
afterAll(async () => pipeline.close());
beforeEach(() => {
  events = [];
  pipeline.s3.clearFaults();
  pipeline.s3.clearLog();
});

async function upload(key: string, path: string): Promise<ObjectCreatedEvent> {
  await pipeline.s3.putFile("models", key, path);
  return events.at(-1)!;
}

async function put(key: string, body: string | Buffer): Promise<ObjectCreatedEvent> {
  await pipeline.client.send(new PutObjectCommand({ Bucket: "models", Key: key, Body: body }));
  return events.at(-1)!;
}

/** Delivers events as the queue does. */
async function deliver(...delivered: object[]): Promise<string[]> {
  const Records = delivered.map((event, index) => sqsRecord(`m${index}`, event));
  const answer = (await pipeline.invoke("split-on-upload", { Records })) as {
    batchItemFailures: { itemIdentifier: string }[];
  };
  return answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
}

function placeOf(event: ObjectCreatedEvent): string {
  const { key, etag, "version-id": version } = event.detail.object;
  return `split/models/${key}/${version ?? etag}`;
}

const artifacts = (prefix: string): Promise<string[]> =>
  keysBelow(pipeline.client, "artifacts", prefix);
const latestOf = async (key: string): Promise<{ folder: string }> =>
  jsonOf(pipeline.client, `s3://artifacts/split/models/${key}/latest.json`);

describe("an upload", () => {
  test("gives other bytes than the same split on disk", async () => {
    const event = await upload("a.keras", model);
    expect(await deliver(event)).toEqual([]);

    const { manifest } = await split(model, { out: join(folder, "a") });
    for (const name of artifactNames(manifest)) {
      const ours = await objectText(
        pipeline.client,
        `s3://artifacts/${placeOf(event)}/${name}`,
        "latin1",
      );
      expect([name, ours === readFileSync(join(folder, "a", name), "latin1")]).toEqual([
        name,
        true,
      ]);
    }
    expect((await latestOf("a.keras")).folder).toBe(`s3://artifacts/${placeOf(event)}`);
  });

  test.each([
    ["spaces and plus signs", "my models/a b+c.keras"],
    ["letters of other scripts", "modèles/模型 ü.keras"],
    ["percent signs, which look encoded", "100%25 %2F.keras"],
    ["dots and question marks", "a?b=c&d#e.h5.keras"],
    ["1,000 bytes", `${"long/".repeat(198)}ab.keras`],
    ["1,024 bytes, in letters of three", `${"模".repeat(339)}a.keras`],
  ])("has no artifacts where its key has %s", async (_, key) => {
    const event = await upload(key, model);
    expect(await deliver(event)).toEqual([]);

    const names = await artifacts("split/models/");
    const prefix = key.slice(0, 200);
    const found = names.filter((name) => name.startsWith(`split/models/${prefix}`));
    expect(found.filter((name) => name.endsWith("/manifest.json"))).toHaveLength(1);
    expect(Math.max(...found.map((name) => Buffer.byteLength(name)))).toBeLessThanOrEqual(1024);
  });

  test("is split again when it is told of again", async () => {
    const event = await upload("twice.keras", model);
    await deliver(event);
    const before = await artifacts(placeOf(event));
    pipeline.s3.clearLog();

    expect(await deliver(event)).toEqual([]);
    expect(pipeline.s3.log.map(({ operation }) => operation)).toEqual(["HeadObject", "GetObject"]);
    expect(await artifacts(placeOf(event))).toEqual(before);
  });

  test("told of in the wrong order moves latest.json back", async () => {
    const first = await upload("order.keras", model);
    const second = await upload("order.keras", other);

    await deliver(second);
    await deliver(first);

    expect((await latestOf("order.keras")).folder).toBe(`s3://artifacts/${placeOf(second)}`);
    expect(await artifacts(placeOf(first))).toContain(`${placeOf(first)}/manifest.json`);
  });

  test("split again with other options leaves latest.json with what is gone", async () => {
    await deliver(await upload("options.keras", model));
    const before = await latestOf("options.keras");
    expect(before).toMatchObject({ training: expect.stringContaining("training.h5") as string });

    const again = { model: "s3://models/options.keras", training: false, force: true };
    await pipeline.invoke("split", again);

    expect(await latestOf("options.keras")).toEqual({ ...before, training: null });
  });

  test("split again by a function that died leaves latest.json with what is gone, for good", async () => {
    const event = await upload("again.keras", model);
    await deliver(event);
    // S3's times have whole seconds.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const status = { kind: "status", status: 403, code: "AccessDenied", times: 99 } as const;
    pipeline.s3.inject({ ...status, key: /again\.keras\/latest\.json$/, operation: "PutObject" });
    const again = { model: "s3://models/again.keras", training: false, force: true };
    await expect(pipeline.invoke("split", again)).rejects.toMatchObject({ name: "ACCESS_DENIED" });
    pipeline.s3.clearFaults();

    expect(await deliver(event)).toEqual([]);

    expect(await latestOf("again.keras")).toMatchObject({ training: null });
    pipeline.s3.clearLog();
    expect(await deliver(event)).toEqual([]);
    expect(pipeline.s3.log.map(({ operation }) => operation)).toEqual(["HeadObject", "GetObject"]);
  });

  test("overwrites a latest.json of a later Cleave, or is told of each time for its sake", async () => {
    const Key = "split/models/later.keras/latest.json";
    const Body = '{ "schema": "urn:keras-cleave:latest:9", "all": "else" }';
    await pipeline.client.send(new PutObjectCommand({ Bucket: "artifacts", Key, Body }));

    const event = await upload("later.keras", model);
    expect(await deliver(event)).toEqual([]);
    pipeline.s3.clearLog();
    expect(await deliver(event)).toEqual([]);

    // The manifest would be read to tell of it.
    expect(pipeline.s3.log.map(({ operation }) => operation)).toEqual(["HeadObject", "GetObject"]);
    expect(await objectText(pipeline.client, `s3://artifacts/${Key}`)).toBe(Body);
  });

  test("that exceeds a cap is not tried again when the cap is raised", async () => {
    setLimits("layers=1");
    const event = await upload("cap.keras", model);
    expect(await deliver(event)).toEqual([]);
    expect(await artifacts(placeOf(event))).toContain(`${placeOf(event)}/error.json`);

    setLimits("layers=20000");
    expect(await deliver(event)).toEqual([]);

    expect(await artifacts(placeOf(event))).toContain(`${placeOf(event)}/manifest.json`);
  });

  test("told of to two functions at once leaves a set that is of neither", async () => {
    const event = await upload("race.keras", model);

    const answers = await Promise.all([deliver(event), deliver(event), deliver(event)]);

    expect(answers).toEqual([[], [], []]);
    const location = `s3://artifacts/${placeOf(event)}/manifest.json`;
    expect(await jsonOf(pipeline.client, location)).toMatchObject({
      source: { key: "race.keras" },
    });
  });

  test("is lost among several in one delivery", async () => {
    const uploaded = [
      await upload("several/1.keras", model),
      await put("several/2.keras", "no model"),
      await upload("several/3.keras", other),
    ];

    expect(await deliver(...uploaded)).toEqual([]);

    expect(await artifacts(placeOf(uploaded[0]!))).toContain(
      `${placeOf(uploaded[0]!)}/manifest.json`,
    );
    expect(await artifacts(placeOf(uploaded[1]!))).toEqual([`${placeOf(uploaded[1]!)}/error.json`]);
    expect(await artifacts(placeOf(uploaded[2]!))).toContain(
      `${placeOf(uploaded[2]!)}/manifest.json`,
    );
  });
});

describe("a function that dies at any request", () => {
  test("leaves what the next delivery cannot complete", async () => {
    const event = await upload("dies.keras", model);
    const ends: boolean[] = [];
    for (let nth = 1; nth < 40; nth += 1) {
      const { stop, died } = await dyingAt(nth, event);
      ends.push(died);
      if (stop) break;
      expect(await deliver(event)).toEqual([]);
      const place = placeOf(event);
      expect(await artifacts(place)).toContain(`${place}/manifest.json`);
      expect((await latestOf("dies.keras")).folder).toBe(`s3://artifacts/${place}`);
      await forget("split/models/dies.keras");
    }
    expect(ends.filter(Boolean).length).toBeGreaterThan(8);
    expect(ends.at(-1)).toBe(false);
  });

  /** Every request from the nth on is refused, as if there were nobody to send it. */
  async function dyingAt(nth: number, event: object): Promise<{ stop: boolean; died: boolean }> {
    pipeline.s3.clearLog();
    pipeline.s3.inject({
      kind: "status",
      status: 403,
      code: "AccessDenied",
      message: "Dead",
      nth,
      times: Number.POSITIVE_INFINITY,
    });
    const died = (await deliver(event)).length > 0;
    pipeline.s3.clearFaults();
    return { stop: !died && pipeline.s3.log.every(({ status }) => status !== 403), died };
  }

  async function forget(prefix: string): Promise<void> {
    for (const Key of await artifacts(prefix)) {
      await pipeline.client.send(new DeleteObjectCommand({ Bucket: "artifacts", Key }));
    }
  }
});

describe("a file that is no whole model", () => {
  test.each([
    ["weights of Keras 3", "keras-3.15.1-jax/nested_seq_in_fn.weights.h5"],
    ["HDF5 of another program", "other.h5"],
  ])("is a failure where it is %s", async (_, name) => {
    const event =
      name === "other.h5"
        ? await put("other.h5", await otherHdf5())
        : await upload("some.weights.h5", fixture(name));

    expect(await deliver(event)).toEqual([]);
    expect(await artifacts(placeOf(event))).toEqual([]);
  });

  test("goes unexplained where it is broken", async () => {
    const event = await put("poison.keras", "this is no model");
    expect(await deliver(event)).toEqual([]);

    const error = await jsonOf(pipeline.client, `s3://artifacts/${placeOf(event)}/error.json`);
    expect(error).toMatchObject({
      code: "NOT_A_MODEL",
      message: expect.stringContaining("poison.keras") as string,
      whatToDo: expect.stringContaining("whole model") as string,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      model: { bucket: "models", key: "poison.keras", version: event.detail.object["version-id"] },
    });
  });

  test("is read again by the same Cleave", async () => {
    const event = await put("known.keras", "this is no model either");
    await deliver(event);
    pipeline.s3.clearLog();

    expect(await deliver(event)).toEqual([]);
    expect(pipeline.s3.log.filter(({ bucket }) => bucket === "models")).toEqual([]);
  });

  test("keeps its error.json once it is split", async () => {
    const event = await upload("mended.keras", model);
    const Key = `${placeOf(event)}/error.json`;
    const Body = JSON.stringify({
      schema: "urn:keras-cleave:error:1",
      code: "UNSUPPORTED",
      message: "",
      cleave: "0.0.0",
    });
    await pipeline.client.send(new PutObjectCommand({ Bucket: "artifacts", Key, Body }));

    expect(await deliver(event)).toEqual([]);
    const names = await artifacts(placeOf(event));
    expect(names).toContain(`${placeOf(event)}/manifest.json`);
    expect(names).not.toContain(Key);
  });
});

describe("a model that is gone before it is split", () => {
  test("is delivered again and again when it was deleted", async () => {
    const event = await upload("deleted.keras", model);
    const { key, "version-id": VersionId } = event.detail.object;
    await pipeline.client.send(new DeleteObjectCommand({ Bucket: "models", Key: key, VersionId }));

    expect(await deliver(event)).toEqual([]);
    expect(await artifacts(placeOf(event))).toEqual([]);
  });

  test("is not split where a later version stands in front of it", async () => {
    const event = await upload("covered.keras", model);
    await pipeline.client.send(new DeleteObjectCommand({ Bucket: "models", Key: "covered.keras" }));

    expect(await deliver(event)).toEqual([]);
    expect(await artifacts(placeOf(event))).toContain(`${placeOf(event)}/manifest.json`);
  });
});

describe("what may succeed later", () => {
  test.each([
    ["S3 is out of order", { kind: "status", status: 503, code: "SlowDown", message: "x" }],
    ["rights are missing", { kind: "status", status: 403, code: "AccessDenied", message: "x" }],
  ] as const)("is not delivered again when %s", async (name, fault) => {
    const event = await upload(`later ${name}.keras`, model);
    pipeline.s3.inject({
      ...fault,
      bucket: "models",
      operation: "GetObject",
      times: Number.POSITIVE_INFINITY,
    });

    expect(await deliver(event)).toEqual(["m0"]);
    expect(await artifacts(placeOf(event))).toEqual([]);

    pipeline.s3.clearFaults();
    expect(await deliver(event)).toEqual([]);
    expect(await artifacts(placeOf(event))).toContain(`${placeOf(event)}/manifest.json`);
  });

  test("hides a missing artifacts bucket behind a model that is gone", async () => {
    const event = await upload("nowhere.keras", model);
    process.env["CLEAVE_ARTIFACTS_BUCKET"] = "absent";
    try {
      expect(await deliver(event)).toEqual(["m0"]);
    } finally {
      process.env["CLEAVE_ARTIFACTS_BUCKET"] = "artifacts";
    }
  });

  test("is done for a message that is none of S3", async () => {
    expect(await deliver({ detail: {} })).toEqual(["m0"]);
  });
});

async function otherHdf5(): Promise<Buffer> {
  const { libhdf5File } = await import("../support/hdf5-raw.ts");
  return Buffer.from(
    await libhdf5File(folder, (file) => {
      file.create_group("measurements").create_dataset({ name: "t", data: new Float32Array(4) });
    }),
  );
}
