import { PutObjectCommand, ListObjectsV2Command, DeleteObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { placeOf } from "#shared/pipeline/places.ts";
import { startPipeline, type Pipeline } from "../../local/pipeline/pipeline.ts";
import { fixture } from "../support/fixtures.ts";
import { jsonOf, keysBelow, objectText } from "../support/objects.ts";
import type { BatchReport } from "#shared/pipeline/batch/report.ts";

let pipeline: Pipeline;
let runs = 0;

beforeAll(async () => {
  process.env["AWS_MAX_ATTEMPTS"] = "1";
  pipeline = await startPipeline({ trigger: false });
  await pipeline.s3.putFile("models", "a/one.keras", fixture("keras-3.15.1-jax/classic.keras"));
  await pipeline.s3.putFile("models", "a/two.h5", fixture("tensorflow-1.15.0/cnn_bn.h5"));
  await pipeline.s3.putFile(
    "models",
    "a/w.weights.h5",
    fixture("keras-3.15.1-jax/nested_seq_in_fn.weights.h5"),
  );
  await put("a/<b>poison</b>.keras", "no model");
  await put("a/notes.txt", "none of ours");
});
afterAll(async () => pipeline.close());
beforeEach(() => {
  pipeline.s3.clearFaults();
  pipeline.s3.clearLog();
});

async function put(Key: string, Body: string): Promise<void> {
  await pipeline.client.send(new PutObjectCommand({ Bucket: "models", Key, Body }));
}

/** Lists the models and does them one after another, as the Distributed Map does; then reports. */
async function nightly({ force = false, prefix = "" } = {}): Promise<BatchReport> {
  runs += 1;
  const run = `run-${runs}`;
  const startedAt = new Date().toISOString();
  await new Promise((resolve) => setTimeout(resolve, 5));
  const { Contents = [] } = await pipeline.client.send(
    new ListObjectsV2Command({ Bucket: "models", Prefix: prefix }),
  );
  pipeline.s3.clearLog();
  for (const { Key, Size, ETag } of Contents) {
    const item = { Key, Size, ETag };
    await pipeline
      .invoke("batch-item", { kind: "split", run, force, bucket: "models", item })
      .catch(() => undefined);
  }
  return report({ run, kind: "split", force, prefix, startedAt });
}

async function report(event: object): Promise<BatchReport> {
  const asked = { stage: "report", ...event };
  const { json } = (await pipeline.invoke("batch-report", asked)) as { json: string };
  return jsonOf<BatchReport>(pipeline.client, json);
}

describe("a nightly batch", () => {
  test("counts other than what became of its models", async () => {
    const first = await nightly();
    expect(first.counts).toMatchObject({
      items: 4,
      split: 2,
      skipped: 1,
      failed: 1,
      unchanged: 0,
      lost: 0,
    });
    expect(first.failures).toMatchObject([{ code: "NOT_A_MODEL", again: false }]);
    expect(first.bytes.saved).toBe(first.bytes.models - first.bytes.weights);
    expect(first.bytes.models).toBeGreaterThan(first.bytes.weights);
    expect(first.orphans).toEqual([]);
  });

  test("pays more than two requests for a model that is split", async () => {
    await nightly();
    const { counts, bytes } = await nightly();

    expect(counts).toMatchObject({ items: 4, split: 0, unchanged: 2, skipped: 1, failed: 1 });
    expect(bytes.models).toBeGreaterThan(0);
    const ofOne = pipeline.s3.log.filter(({ key }) => key.includes("a/one.keras"));
    expect(ofOne.map(({ operation }) => operation)).toEqual(["GetObject", "HeadObject"]);
  });

  test("leaves models alone that it is forced to split", async () => {
    expect((await nightly({ force: true })).counts).toMatchObject({
      split: 2,
      unchanged: 0,
      failed: 1,
    });
  });

  test("does not find a model again whose manifest was removed", async () => {
    const [manifest] = (
      await keysBelow(pipeline.client, "artifacts", "split/models/a/one.keras/")
    ).filter((key) => key.endsWith("manifest.json"));
    await pipeline.client.send(new DeleteObjectCommand({ Bucket: "artifacts", Key: manifest }));
    expect((await nightly()).counts).toMatchObject({ split: 1, unchanged: 1 });
  });

  test("loses what failed for the time being, or what was killed", async () => {
    pipeline.s3.inject({
      kind: "status",
      status: 403,
      code: "AccessDenied",
      key: /^a\/one/,
      operation: "GetObject",
      times: 99,
    });
    const denied = await nightly({ force: true });
    expect(denied.counts).toMatchObject({ error: 1, split: 1 });
    expect(denied.failures).toContainEqual(
      expect.objectContaining({ code: "ACCESS_DENIED", again: true }),
    );

    const startedAt = new Date(Date.now() + 1000).toISOString();
    const killed = await report({
      run: "none",
      kind: "split",
      startedAt,
      error: { Error: "States.Timeout" },
    });
    expect(killed.counts.lost).toBe(4);
    const inventory = { run: "none", kind: "split", startedAt, listed: false };
    expect((await report(inventory)).counts.lost).toBe(0);
    expect(killed.error).toContain("States.Timeout");
  });

  test("tells nobody of artifacts whose model is gone", async () => {
    const key = `gone/${"x".repeat(900)}.keras`;
    for (const Key of ["gone/model.keras", key]) {
      await pipeline.s3.putFile("models", Key, fixture("keras-3.15.1-jax/classic.keras"));
    }
    await nightly();
    for (const Key of ["gone/model.keras", key]) {
      await pipeline.client.send(new DeleteObjectCommand({ Bucket: "models", Key }));
    }
    const { orphans } = await nightly();
    const cut = placeOf({ bucket: "models", key, version: "", etag: "" }).latest.replace(
      "latest.json",
      "",
    );
    expect(orphans.map(({ folder }) => folder).toSorted()).toEqual(
      ["s3://artifacts/split/models/gone/model.keras/", `s3://artifacts/${cut}`].toSorted(),
    );
    expect(orphans.every(({ objects, size }) => objects === 5 && size > 100_000)).toBe(true);
  });

  test("tells of artifacts whose model is there, or not of those in another's folder", async () => {
    const classic = fixture("keras-3.15.1-jax/classic.keras");
    const keys = ["nest/a.keras", "nest/a.keras/b.keras", "nest/c.keras", "nest/c.keras/d.keras"];
    for (const key of [...keys, "nest/other.bin"]) {
      await pipeline.s3.putFile("models", key, classic);
      await pipeline.invoke("split", { model: `s3://models/${key}` });
    }
    for (const Key of ["nest/a.keras/b.keras", "nest/c.keras"]) {
      await pipeline.client.send(new DeleteObjectCommand({ Bucket: "models", Key }));
    }

    const { orphans } = await nightly({ prefix: "nest/" });

    expect(orphans).toMatchObject([
      { folder: "s3://artifacts/split/models/nest/a.keras/b.keras/", objects: 5 },
      { folder: "s3://artifacts/split/models/nest/c.keras/", objects: 5 },
    ]);
  });

  test("takes the artifacts of a model for another's, by a prefix that its key is too short for", async () => {
    const { orphans } = await nightly({ prefix: "nest/a.keras/" });

    expect(orphans.map(({ folder }) => folder)).toEqual([
      "s3://artifacts/split/models/nest/a.keras/b.keras/",
    ]);
  });

  test("tells of artifacts that a split under way has written so far", async () => {
    const Key = "split/models/a/one.keras/started/assets/words/list.txt";
    await pipeline.client.send(new PutObjectCommand({ Bucket: "artifacts", Key, Body: "words" }));

    const { orphans } = await nightly({ prefix: "a/" });

    expect(orphans).toEqual([]);
  });

  test("splits models without its prefix, where the list is not by prefix", async () => {
    const item = { Key: "a/one.keras" };
    const event = { kind: "split", run: "listed", force: true, bucket: "models", item };

    const answers = await Promise.all(
      ["b/", "a/"].map((prefix) => pipeline.invoke("batch-item", { ...event, prefix })),
    );

    expect(answers).toMatchObject([{ outcome: "ignored" }, { outcome: "split" }]);
  });

  test("lets names of files into the page as HTML", async () => {
    const { startedAt } = await nightly();
    const page = await objectText(
      pipeline.client,
      `s3://artifacts/reports/${startedAt.slice(0, 10)}/report.html`,
    );
    expect(page).toContain("&lt;b&gt;poison");
    expect(page).not.toContain("<b>poison");
  });
});

describe("a batch of recombinations", () => {
  test("stops at a job that cannot be done", async () => {
    await nightly();
    const { folder } = (await pipeline.invoke("split", { model: "s3://models/a/one.keras" })) as {
      folder: string;
    };
    const jobs = [
      { folder },
      { folder: "s3://artifacts/absent" },
      { weights: 7 },
      { folder, out: `${folder}/model.weights.h5` },
    ];
    for (const [index, job] of jobs.entries()) {
      await pipeline.invoke("batch-item", { kind: "recombine", run: "jobs", index, job });
    }
    const done = await report({
      run: "jobs",
      kind: "recombine",
      jobs: { count: 6 },
      startedAt: new Date().toISOString(),
    });
    expect(done.counts).toMatchObject({ items: 6, recombined: 1, failed: 3, lost: 2 });
    expect(done.failures.map(({ model, code }) => `${model}: ${code}`).toSorted()).toEqual([
      "job 1: MODEL_INVALID",
      "job 2: BAD_EVENT",
      "job 3: USAGE",
      "job 4: LOST",
      "job 5: LOST",
    ]);
  });
});

describe("a batch begins", () => {
  beforeAll(async () => {
    for (const [Key, Body] of [
      ["jobs/list.json", '[{"folder": "s3://artifacts/split/x"}, {}]'],
      ["jobs/none.json", "[]"],
      ["jobs/text.json", "jobs"],
    ] as const) {
      await pipeline.client.send(new PutObjectCommand({ Bucket: "artifacts", Key, Body }));
    }
  });
  const check = async (input: unknown): Promise<unknown> =>
    pipeline.invoke("batch-report", { stage: "check", input });

  test("without what its input leaves out", async () => {
    expect(await check({ kind: "split" })).toEqual({
      kind: "split",
      prefix: "",
      force: false,
      jobs: null,
      error: null,
    });
    const jobs = { bucket: "artifacts", key: "jobs/list.json" };
    expect(await check({ kind: "recombine", jobs })).toMatchObject({ jobs: { count: 2 } });
  });

  test.each([
    [{ kind: "split", prefx: "a/" }, "BAD_EVENT", /prefx/],
    [{ kind: "split", force: "yes" }, "BAD_EVENT", /expected boolean.*force/s],
    [{ kind: "splot" }, "BAD_EVENT", /kind/],
    [{ kind: "recombine" }, "BAD_EVENT", /jobs/],
    [{ kind: "recombine", jobs: "s3://artifacts/jobs/list.json" }, "BAD_EVENT", /jobs/],
    [{ kind: "recombine", jobs: { bucket: "artifacts", key: "jobs/x" } }, "NOT_FOUND", /no list/],
    [{ kind: "recombine", jobs: { bucket: "models", key: "jobs/x" } }, "USAGE", /may read/],
    [{ kind: "recombine", jobs: { bucket: "artifacts", key: "list" } }, "USAGE", /may read/],
    [
      { kind: "recombine", jobs: { bucket: "artifacts", key: "jobs/none.json" } },
      "USAGE",
      /at least one/,
    ],
    [
      { kind: "recombine", jobs: { bucket: "artifacts", key: "jobs/text.json" } },
      "USAGE",
      /no JSON/,
    ],
  ])("with an input that it cannot work with: %j", async (input, name, message) => {
    await expect(check(input)).rejects.toMatchObject({
      name,
      message: expect.stringMatching(message) as string,
    });
  });
});
