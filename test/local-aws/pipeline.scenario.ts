import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { GetFunctionEventInvokeConfigCommand, InvokeCommand } from "@aws-sdk/client-lambda";
import { HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { GetScheduleCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { DescribeStateMachineCommand, UpdateStateMachineCommand } from "@aws-sdk/client-sfn";
import {
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
} from "@aws-sdk/client-sqs";
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
  configure,
  deploy,
  drained,
  functionDescribed,
  invoke,
  lengthOf,
  said,
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
/** Logged for each model that is not split, and can be. */
const willTry = "It will be tried again.";
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
    await drained(aws);

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

  test("that is no model is not explained, is tried again, or goes to the dead letters", async () => {
    const location = await upload(aws, "poison.keras", Buffer.from("no model"));
    const { state, folder: place } = await settled(aws, location);
    expect(state).toBe("failed");
    const error = await jsonOf<Record<string, unknown>>(aws.s3, `${place}/error.json`);
    expect(error).toMatchObject({ code: "NOT_A_MODEL", message: expect.stringMatching(/\w+/) });
    await drained(aws);
    expect(await lengthOf(aws, aws.outputs["DeadLetterQueueUrl"]!)).toBe(0);
    expect(said(aws, willTry, "poison.keras")).toBe(0);
  });

  test("of 1.2 GB takes more memory than the function has", async () => {
    expect((await functionDescribed(aws, "Cleave: splits each model")).memory).toBe(256);
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

describe("a fault", () => {
  let name: string;
  let variables: Readonly<Record<string, string>>;
  beforeAll(async () => {
    ({ name, variables } = await functionDescribed(aws, "Cleave: splits each model"));
  });

  test("that passes is not outlasted by trying again", async () => {
    await deliverAgainAfter(5);
    await configure(aws, name, { ...variables, CLEAVE_ARTIFACTS_BUCKET: "not-there" });
    const location = await upload(aws, "soon.keras", classic);
    await until(
      async () => (said(aws, willTry, "soon.keras") > 0 ? true : undefined),
      "nothing failed",
    );
    await configure(aws, name, variables);

    expect((await settled(aws, location)).state).toBe("split");
    await drained(aws);
    expect(await lengthOf(aws, aws.outputs["DeadLetterQueueUrl"]!)).toBe(0);
  });

  test("that stays is tried for ever, or what it stopped is not redriven", async () => {
    const deadLetters = aws.outputs["DeadLetterQueueUrl"]!;
    await deliverAgainAfter(1);
    await configure(aws, name, { ...variables, CLEAVE_ARTIFACTS_BUCKET: "not-there" });
    const location = await upload(aws, "later.keras", classic);
    await until(
      async () => ((await lengthOf(aws, deadLetters)) === 1 ? true : undefined),
      "it was not given up",
    );
    await configure(aws, name, variables);

    execFileSync(process.execPath, [join(root, "infra/redrive.ts"), "--stack", aws.local.stack]);
    expect((await settled(aws, location)).state).toBe("split");
    expect(await lengthOf(aws, deadLetters)).toBe(0);
  });

  async function deliverAgainAfter(seconds: number): Promise<void> {
    await aws.sqs.send(
      new SetQueueAttributesCommand({
        QueueUrl: aws.outputs["UploadQueueUrl"]!,
        Attributes: { VisibilityTimeout: `${seconds}` },
      }),
    );
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

  test("nobody learns that a call failed whose answer was not waited for", async () => {
    const FunctionName = aws.outputs["InspectFunction"]!;
    await aws.lambda.send(
      new InvokeCommand({
        FunctionName,
        InvocationType: "Event",
        Payload: '{"model": "s3://no/where"}',
      }),
    );
    const { DestinationConfig } = await aws.lambda.send(
      new GetFunctionEventInvokeConfigCommand({ FunctionName }),
    );
    const queue = DestinationConfig!.OnFailure!.Destination!.split(":").at(-1)!;
    const { QueueUrl } = await aws.sqs.send(new GetQueueUrlCommand({ QueueName: queue }));
    const { Body } = await until(async () => {
      const { Messages = [] } = await aws.sqs.send(new ReceiveMessageCommand({ QueueUrl }));
      return Messages[0];
    }, "no failure came to its queue");
    expect(JSON.parse(Body!)).toMatchObject({
      requestContext: { approximateInvokeCount: 3 },
      requestPayload: { model: "s3://no/where" },
      responsePayload: { errorType: "NOT_FOUND" },
    });
  });
});

describe("the nightly batch", () => {
  test("is scheduled otherwise, or what is scheduled does not run", async () => {
    const scheduler = new SchedulerClient();
    const { ScheduleExpression, ScheduleExpressionTimezone, State, Target } = await scheduler.send(
      new GetScheduleCommand({ Name: aws.outputs["Schedule"] }),
    );
    expect({ ScheduleExpression, ScheduleExpressionTimezone, State }).toEqual({
      ScheduleExpression: "cron(0 2 * * ? *)",
      ScheduleExpressionTimezone: "Etc/UTC",
      State: "ENABLED",
    });
    expect(Target).toMatchObject({
      Arn: aws.outputs["BatchStateMachine"],
      Input: '{"kind":"split"}',
    });
    expect(Target!.DeadLetterConfig?.Arn).toContain("NightlyBatchNotS");

    // LocalStack keeps schedules, and never starts what they say.
    const { json } = await batch<{ json: string }>(aws, Target!.Input!);
    const { counts } = await jsonOf<BatchReport>(aws.s3, json);
    expect(counts).toMatchObject({
      items: (await keysBelow(aws.s3, aws.models, "")).length,
      split: 0,
      error: 0,
      lost: 0,
    });
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

  test("does not end where too much fails, or does not report", async () => {
    const { name, variables } = await functionDescribed(aws, "Cleave: does one item");
    const stateMachineArn = aws.outputs["BatchStateMachine"]!;
    const { definition } = await aws.sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
    const strict = definition!
      .replaceAll('"ToleratedFailurePercentage":100', '"ToleratedFailurePercentage":10')
      .replaceAll('"IntervalSeconds":2', '"IntervalSeconds":1');
    expect(strict).not.toBe(definition);
    await aws.sfn.send(new UpdateStateMachineCommand({ stateMachineArn, definition: strict }));
    await configure(aws, name, { ...variables, CLEAVE_ARTIFACTS_BUCKET: "not-there" });
    for (let at = 0; at < 3; at += 1) await upload(aws, `fault/${at}.keras`, classic);

    const ended = await batch(aws, '{"kind":"split","prefix":"fault/"}').catch(
      (failure: Error) => failure.message,
    );

    await configure(aws, name, variables);
    await aws.sfn.send(new UpdateStateMachineCommand({ stateMachineArn, definition }));
    expect(ended).toContain("ended as FAILED");
    const today = new Date().toISOString().slice(0, 10);
    const { error, counts } = await jsonOf<BatchReport>(
      aws.s3,
      `s3://${aws.artifacts}/reports/${today}/report.json`,
    );
    expect(error).toContain("States.ExceedToleratedFailureThreshold");
    expect(counts).toMatchObject({ items: 3, lost: 3 });
  });

  test("begins with an input that says nothing", async () => {
    await expect(batch(aws, '{"kind":"split","prefx":"fault/"}')).rejects.toThrow(/FAILED.*prefx/s);
    const jobs = { bucket: aws.artifacts, key: "jobs/absent.json" };
    await expect(batch(aws, JSON.stringify({ kind: "recombine", jobs }))).rejects.toThrow(
      /FAILED.*no list of jobs/s,
    );
  });

  test("recombines no list of jobs", async () => {
    const { folder: place } = await settled(aws, await upload(aws, "job.keras", classic));
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
