import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  GetFunctionConfigurationCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { GetScheduleCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { SendMessageCommand, SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BatchReport } from "#shared/pipeline/batch/report.ts";
import { recombine } from "#shared/recombine.ts";
import { split } from "#shared/split.ts";
import { environments, pythonOf } from "../keras/environments.ts";
import { fixture } from "../support/fixtures.ts";
import { writeLargeModels } from "../support/large-models.ts";
import { jsonOf, keysBelow, objectText } from "../support/objects.ts";
import { objectBytes } from "../support/s3-client.ts";
import { temporaryFolder } from "../support/temporary.ts";
import {
  batch,
  deploy,
  invoke,
  lengthOf,
  settled,
  tell,
  until,
  upload,
  type Deployed,
} from "./deployed.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = temporaryFolder();
const classic = fixture("keras-3.15.1-jax/classic.keras");
const old = fixture("tensorflow-1.15.0/cnn_bn.h5");
let aws: Deployed;

beforeAll(async () => {
  aws = await deploy();
});
afterAll(async () => aws?.close());

describe("an upload", () => {
  test("makes no artifacts, or other ones than on disk", async () => {
    const key = "team a/mödel+1.keras";
    const { state, folder: place } = await settled(aws, await upload(aws, key, classic));

    expect(state).toBe("split");
    await split(classic, { out: join(folder, "classic") });
    for (const name of ["architecture.json", "model.weights.h5", "training.h5"]) {
      const bytes = await objectBytes(aws.s3, `${place}/${name}`);
      expect([name, bytes.equals(readFileSync(join(folder, "classic", name)))]).toEqual([
        name,
        true,
      ]);
    }
    const { Metadata } = await aws.s3.send(
      new HeadObjectCommand({
        Bucket: aws.artifacts,
        Key: `${place!.split("/").slice(3).join("/")}/manifest.json`,
      }),
    );
    expect(Metadata).toEqual({ "cleave-schema": "urn:keras-cleave:manifest:1" });
  });

  test("told of again, or late, changes what stands", async () => {
    const key = "order.keras";
    const first = await upload(aws, key, classic);
    await settled(aws, first);
    const second = await upload(aws, key, fixture("keras-3.15.1-jax/nested_seq_in_fn.keras"));
    const { folder: place } = await settled(aws, second);
    const latest = `s3://${aws.artifacts}/split/${aws.models}/${key}/latest.json`;
    await until(
      async () =>
        (await jsonOf<{ folder: string }>(aws.s3, latest)).folder === place ? true : undefined,
      "latest.json stayed",
    );
    const manifests = await keysBelow(aws.s3, aws.artifacts, `split/${aws.models}/${key}/`);

    const { ETag, ContentLength } = await aws.s3.send(
      new HeadObjectCommand({ Bucket: aws.models, Key: key, VersionId: first.split("=")[1] }),
    );
    const event = {
      key,
      etag: ETag!.replaceAll('"', ""),
      "version-id": first.split("=")[1]!,
      sequencer: "00",
      size: ContentLength!,
    };
    await tell(aws, event);
    await tell(aws, event);
    await until(
      async () => ((await lengthOf(aws, aws.outputs["UploadQueueUrl"]!)) === 0 ? true : undefined),
      "the queue was not worked off",
    );

    expect((await jsonOf<{ folder: string }>(aws.s3, latest)).folder).toBe(place);
    expect(await keysBelow(aws.s3, aws.artifacts, `split/${aws.models}/${key}/`)).toEqual(
      manifests,
    );
  });

  test("is lost among ten at once", async () => {
    const uploaded = await Promise.all(
      Array.from({ length: 10 }, (_, at) =>
        upload(aws, `ten/${at}.${at % 2 ? "keras" : "h5"}`, at % 2 ? classic : old),
      ),
    );
    const found = await Promise.all(uploaded.map((location) => settled(aws, location)));
    expect(found.map(({ state }) => state)).toEqual(uploaded.map(() => "split"));
  });

  test("that is no model is not explained, or goes to the dead letters", async () => {
    const { state, error } = await settled(
      aws,
      await upload(aws, "poison.keras", Buffer.from("no model")),
    );
    expect({ state, error }).toMatchObject({ state: "failed", error: { code: "NOT_A_MODEL" } });
    expect(await lengthOf(aws, aws.outputs["DeadLetterQueueUrl"]!)).toBe(0);
  });

  test("of 1.2 GB takes more memory than the function has", async () => {
    const { keras } = await writeLargeModels(folder, [8000, 8900, 8900]);
    const { state, folder: place } = await settled(aws, await upload(aws, "large.keras", keras));
    expect(state).toBe("split");
    const manifest = await jsonOf<{ totals: { weightBytes: number } }>(
      aws.s3,
      `${place}/manifest.json`,
    );
    expect(manifest.totals.weightBytes).toBeGreaterThan(600_000_000);
  });
});

describe("a message that fails", () => {
  test("is not given up after three times, or not delivered again when it is redriven", async () => {
    const QueueUrl = aws.outputs["UploadQueueUrl"]!;
    const deadLetters = aws.outputs["DeadLetterQueueUrl"]!;
    await aws.sqs.send(
      new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: "1" } }),
    );
    await aws.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{"detail": {}}' }));
    await until(
      async () => ((await lengthOf(aws, deadLetters)) === 1 ? true : undefined),
      "it was not given up",
    );

    execFileSync(process.execPath, [join(root, "infra/redrive.ts"), "--stack", aws.local.stack]);
    await until(
      async () => ((await lengthOf(aws, deadLetters)) === 0 ? true : undefined),
      "it was not moved",
    );
    await until(
      async () => ((await lengthOf(aws, deadLetters)) === 1 ? true : undefined),
      "it was not delivered again",
    );
  });

  test("for the time being is not tried again", async () => {
    const functions = await functionOf("split-on-upload");
    const { Environment } = functions;
    const Variables = { ...Environment!.Variables, CLEAVE_ARTIFACTS_BUCKET: "not-there" };
    await configure(functions.FunctionName!, Variables);
    const location = await upload(aws, "later.keras", classic);
    await until(
      async () => ((await lengthOf(aws, aws.outputs["UploadQueueUrl"]!)) > 0 ? true : undefined),
      "no message came",
    );
    await configure(functions.FunctionName!, Environment!.Variables!);
    execFileSync(process.execPath, [join(root, "infra/redrive.ts"), "--stack", aws.local.stack]);
    expect((await settled(aws, location)).state).toBe("split");
  });

  async function functionOf(name: string) {
    const { ListFunctionsCommand } = await import("@aws-sdk/client-lambda");
    const { Functions = [] } = await aws.lambda.send(new ListFunctionsCommand());
    const found = Functions.find(
      ({ Description }) => name === "split-on-upload" && Description?.includes("uploaded"),
    );
    return aws.lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: found!.FunctionName }),
    );
  }

  async function configure(FunctionName: string, Variables: Record<string, string>): Promise<void> {
    await aws.lambda.send(
      new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }),
    );
    await until(async () => {
      const { LastUpdateStatus } = await aws.lambda.send(
        new GetFunctionConfigurationCommand({ FunctionName }),
      );
      return LastUpdateStatus === "Successful" ? true : undefined;
    }, "the function was not updated");
  }
});

describe("on demand", () => {
  test("split, recombine or inspect does other than the command", async () => {
    const location = (await upload(aws, "demand.h5", old)).replace(/\?.*/, "");
    const answer = await invoke<{ folder: string; artifacts: unknown[] }>(aws, "SplitFunction", {
      model: location,
    });
    expect(answer.artifacts.length).toBe(3);
    const { out } = await invoke<{ out: string }>(aws, "RecombineFunction", {
      folder: answer.folder,
    });
    await split(old, { out: join(folder, "old") });
    await recombine({ folder: join(folder, "old") }, { out: join(folder, "old.h5") });
    expect((await objectBytes(aws.s3, out)).equals(readFileSync(join(folder, "old.h5")))).toBe(
      true,
    );
    expect(await invoke(aws, "InspectFunction", { model: out })).toMatchObject({
      kind: "model",
      family: "legacy",
    });
  });

  test("recombine makes a model that Keras does not load", async () => {
    const location = (await upload(aws, "keras.keras", classic)).replace(/\?.*/, "");
    const answer = await invoke<{ folder: string }>(aws, "SplitFunction", { model: location });
    const { out } = await invoke<{ out: string }>(aws, "RecombineFunction", {
      folder: answer.folder,
    });
    const path = join(folder, "loaded.keras");
    writeFileSync(path, await objectBytes(aws.s3, out));
    const python = pythonOf(environments.find(({ name }) => name === "keras3")!)!;
    const code = "import keras, sys; print(keras.models.load_model(sys.argv[1]).count_params())";
    const variables = { ...process.env, KERAS_BACKEND: "jax" };
    const printed = execFileSync(python, ["-c", code, path], { env: variables, encoding: "utf8" });
    expect(printed.trim()).toBe("25450");
  });

  test("a bad event is not named", async () => {
    await expect(invoke(aws, "SplitFunction", { modle: "s3://a/b" })).rejects.toMatchObject({
      name: "BAD_EVENT",
    });
  });
});

describe("the nightly batch", () => {
  test("does not start as it is scheduled", async () => {
    const scheduler = new SchedulerClient();
    const { ScheduleExpression, ScheduleExpressionTimezone, Target } = await scheduler.send(
      new GetScheduleCommand({ Name: aws.outputs["Schedule"] }),
    );
    expect({ ScheduleExpression, ScheduleExpressionTimezone }).toEqual({
      ScheduleExpression: "cron(0 2 * * ? *)",
      ScheduleExpressionTimezone: "Etc/UTC",
    });
    expect(Target).toMatchObject({
      Arn: aws.outputs["BatchStateMachine"],
      Input: '{"kind":"split"}',
    });
    expect(Target!.DeadLetterConfig?.Arn).toContain("NightlyBatchNotS");
  });

  test("leaves out, or does again, what it finds in the bucket", async () => {
    for (let at = 0; at < 26; at += 1) await upload(aws, `night/${at}.keras`, classic);
    for (let at = 0; at < 3; at += 1)
      await upload(aws, `night/bad-${at}.keras`, Buffer.from("bad"));
    await upload(
      aws,
      "night/w.weights.h5",
      fixture("keras-3.15.1-jax/nested_seq_in_fn.weights.h5"),
    );
    const input = '{"kind":"split","prefix":"night/"}';

    const first = await batch<{ report: string; json: string; failed: number }>(aws, input);
    const report = await jsonOf<BatchReport>(aws.s3, first.json);
    expect(report.counts).toMatchObject({ items: 30, skipped: 1, failed: 3, error: 0, lost: 0 });
    expect(report.counts.split + report.counts.unchanged).toBe(26);
    expect(await objectText(aws.s3, first.report)).toContain("3 of 30 failed");

    const second = await jsonOf<BatchReport>(
      aws.s3,
      (await batch<{ json: string }>(aws, input)).json,
    );
    expect(second.counts).toMatchObject({
      items: 30,
      split: 0,
      unchanged: 26,
      skipped: 1,
      failed: 3,
    });
  });

  test("recombines no list of jobs", async () => {
    const { folder: place } = await settled(aws, await upload(aws, "job.keras", classic));
    const { PutObjectCommand } = await import("@aws-sdk/client-s3");
    const Body = JSON.stringify([{ folder: place }, { folder: "s3://nowhere/at-all" }]);
    await aws.s3.send(new PutObjectCommand({ Bucket: aws.artifacts, Key: "jobs/list.json", Body }));
    const input = JSON.stringify({
      kind: "recombine",
      jobs: { bucket: aws.artifacts, key: "jobs/list.json" },
    });
    const { json } = await batch<{ json: string }>(aws, input);
    expect((await jsonOf<BatchReport>(aws.s3, json)).counts).toMatchObject({
      items: 2,
      recombined: 1,
      failed: 1,
    });
  });
});
