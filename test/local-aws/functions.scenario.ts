import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { leadTo } from "../../local/aws/environment.ts";
import { startLocalStack, type LocalStack } from "../../local/localstack/localstack.ts";
import { zipArchive } from "../support/zip.ts";

interface Outcome {
  readonly answer: unknown;
  readonly error?: { errorType: string; errorMessage: string; trace?: string[] };
  readonly logs: string;
}

const folder = mkdtempSync(join(tmpdir(), "cleave-test-functions-"));
const code = zipArchive([
  { name: "index.mjs", content: readFileSync(join(import.meta.dirname, "misbehaving/index.mjs")) },
  { name: "broken.mjs", content: Buffer.from("throw new RangeError('not today');") },
  { name: "garbled.mjs", content: Buffer.from("export const handler = (;") },
]);
let localStack: LocalStack;
let lambda: LambdaClient;

/** What Lambda documents, and its own runtime for Node does, asked of our executor for LocalStack. */
describe("a function on LocalStack", () => {
  beforeAll(async () => {
    localStack = await startLocalStack({
      folder,
      services: ["iam", "lambda", "logs", "s3", "sqs", "sts"],
      variables: process.env["CI"] === undefined ? {} : { CLEAVE_NEED_CGROUP: "1" },
    });
    leadTo(localStack.url);
    lambda = new LambdaClient({ requestHandler: { requestTimeout: 60_000 }, maxAttempts: 1 });
    await create("misbehaving", "index.handler");
  });
  afterAll(async () => {
    await localStack?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("has another context or environment", async () => {
    const { answer } = await invoke({ do: "tell" });
    expect(answer).toMatchObject({
      functionName: "misbehaving",
      functionVersion: "$LATEST",
      memoryLimitInMB: "256",
      logGroupName: "/aws/lambda/misbehaving",
      invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:misbehaving",
      awsRequestId: expect.stringMatching(/^[\da-f-]{36}$/),
    });
    const { remaining, variables } = answer as { remaining: number; variables: string[] };
    expect(remaining).toBeGreaterThan(0);
    expect(remaining).toBeLessThanOrEqual(2000);
    expect(variables).toEqual(
      expect.arrayContaining([
        "AWS_ACCESS_KEY_ID",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_REGION",
        "AWS_SESSION_TOKEN",
        "LAMBDA_TASK_ROOT",
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
      ]),
    );
  });

  test("loses what it says", async () => {
    const { logs } = await invoke({ do: "say", text: "hello from inside" });
    expect(logs).toMatch(/^START RequestId: \S+ Version: \$LATEST\nhello from inside\nEND /);
    expect(logs).toMatch(/REPORT RequestId: .*Memory Size: 256 MB\tMax Memory Used: \d+ MB/);
  });

  test("that throws is described otherwise", async () => {
    const { error } = await invoke({ do: "throw", name: "NOT_FOUND", message: "it is gone" });
    expect(error).toEqual({
      errorType: "NOT_FOUND",
      errorMessage: "it is gone",
      trace: expect.arrayContaining([expect.stringContaining("index.mjs")]),
    });
    expect((await invoke({ do: "throwText", text: "gone" })).error).toEqual({
      errorType: "string",
      errorMessage: "gone",
      trace: [],
    });
  });

  test("that exits is described otherwise, or does not start again", async () => {
    const { error } = await invoke({ do: "exit", status: 3 });
    expect(error).toEqual({
      errorType: "Runtime.ExitError",
      errorMessage: expect.stringMatching(/^RequestId: \S+ Error: .* exited with.* exit status 3$/),
    });
    expect((await invoke({ do: "wait", milliseconds: 0 })).error).toBeUndefined();
  });

  test("is not ended in time, or does not start again", async () => {
    const { error } = await invoke({ do: "wait", milliseconds: 10_000 });
    expect(error).toEqual({
      errorType: "Sandbox.Timedout",
      errorMessage: expect.stringMatching(/^RequestId: \S+ Error: Task timed out after 2.00 sec/),
    });
    expect((await invoke({ do: "wait", milliseconds: 0 })).error).toBeUndefined();
  });

  test("answers more than Lambda carries, or not all of that", async () => {
    const most = 6 * 2 ** 20 + 100;
    expect((await invoke({ do: "answer", bytes: most })).error).toBeUndefined();
    expect((await invoke({ do: "answer", bytes: most + 1 })).error).toEqual({
      errorType: "Function.ResponseSizeTooLarge",
      errorMessage: "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    });
  });

  test("has more memory than it is to have, or less, or does not start again", async ({ skip }) => {
    skip(localStack.warnings.length > 0, localStack.warnings.join(" "));
    expect((await invoke({ do: "fill", megabytes: 150 })).answer).toBe(150);
    const { error } = await invoke({ do: "fill", megabytes: 300 });
    expect(error).toEqual({
      errorType: "Runtime.OutOfMemory",
      errorMessage: expect.stringMatching(/^RequestId: \S+ Error: .* signal: killed$/),
    });
    expect((await invoke({ do: "wait", milliseconds: 0 })).error).toBeUndefined();
  });

  test("takes several events at a time", async () => {
    const waits = [1, 2, 3].map(async () => invoke({ do: "wait", milliseconds: 1000 }));
    const pids = (await Promise.all(waits)).map(({ answer }) => answer);
    expect(new Set(pids).size).toBe(3);
  });

  test.each([
    ["broken.handler", "RangeError", "not today"],
    ["garbled.handler", "Runtime.UserCodeSyntaxError", "SyntaxError: "],
    ["index.text", "Runtime.HandlerNotFound", "index.text is not a function"],
    ["index.none", "Runtime.HandlerNotFound", "index.none is undefined or not exported"],
  ])("that cannot be loaded (%s) is described otherwise", async (handler, name, message) => {
    const functionName = handler.replace(".", "-");
    await create(functionName, handler);
    for (const _ of ["first", "second"]) {
      const { error } = await invoke({}, functionName);
      expect(error?.errorType).toBe(name);
      expect(error?.errorMessage).toContain(message);
    }
  });

  test("outlives LocalStack", async () => {
    const { answer: pid } = await invoke({ do: "wait", milliseconds: 0 });
    expect(() => process.kill(pid as number, 0)).not.toThrow();
    await localStack.stop();
    expect(() => process.kill(pid as number, 0)).toThrow("ESRCH");
  });
});

async function create(FunctionName: string, Handler: string): Promise<void> {
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Handler,
      Runtime: "nodejs24.x",
      Role: "arn:aws:iam::000000000000:role/any",
      Code: { ZipFile: code },
      MemorySize: 256,
      Timeout: 2,
    }),
  );
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 30 }, { FunctionName });
}

async function invoke(event: object, FunctionName = "misbehaving"): Promise<Outcome> {
  const { Payload, FunctionError, LogResult } = await lambda.send(
    new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), LogType: "Tail" }),
  );
  const answer: unknown = JSON.parse(Buffer.from(Payload!).toString("utf8"));
  const logs = Buffer.from(LogResult ?? "", "base64").toString("utf8");
  if (FunctionError === undefined) return { answer, logs };
  return { answer, logs, error: answer as NonNullable<Outcome["error"]> };
}
