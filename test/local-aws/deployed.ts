import { createReadStream, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import {
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { deploymentOf, type Deployment } from "../../cli/deployment.ts";
import { deployLocally, type LocalDeployment } from "../../local/aws/deployment.ts";
import { whereIs, type Whereabouts } from "#shared/pipeline/where.ts";

export interface Deployed {
  readonly local: LocalDeployment;
  readonly outputs: Deployment;
  readonly models: string;
  readonly artifacts: string;
  readonly s3: S3Client;
  readonly lambda: LambdaClient;
  readonly sqs: SQSClient;
  readonly sfn: SFNClient;
  readonly events: EventBridgeClient;
  close(): Promise<void>;
}

/** The stack as it is, but for a function with as little memory as there may be. */
export async function deploy(): Promise<Deployed> {
  const folder = mkdtempSync(join(tmpdir(), "cleave-test-aws-"));
  const local = await deployLocally({
    folder,
    options: { memory: { "split-on-upload": 256 } },
    needsMemoryLimits: process.env["CI"] !== undefined,
    onProgress: (text) => console.log(text),
  });
  const outputs = await deploymentOf(local.stack);
  return {
    local,
    outputs,
    models: outputs["ModelsBucket"]!,
    artifacts: outputs["ArtifactsBucket"]!,
    s3: new S3Client({ forcePathStyle: true }),
    lambda: new LambdaClient({ requestHandler: { requestTimeout: 120_000 } }),
    sqs: new SQSClient({ useQueueUrlAsEndpoint: false }),
    sfn: new SFNClient(),
    events: new EventBridgeClient(),
    async close() {
      await local.localStack.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** @returns the location of the version that was put */
export async function upload(
  { s3, models }: Deployed,
  key: string,
  content: string | Buffer,
): Promise<string> {
  const Body = typeof content === "string" ? createReadStream(content) : content;
  const { VersionId } = await s3.send(new PutObjectCommand({ Bucket: models, Key: key, Body }));
  return `s3://${models}/${key}?versionId=${VersionId}`;
}

/** Waits until a model is split, or cannot be. */
export async function settled({ artifacts }: Deployed, location: string): Promise<Whereabouts> {
  return until(async () => {
    const found = await whereIs(location, artifacts);
    return found.state === "waiting" ? undefined : found;
  }, `${location} was neither split nor refused`);
}

/** @throws Error named by the function's error */
export async function invoke<T>(
  { lambda, outputs }: Deployed,
  name: "SplitFunction" | "RecombineFunction" | "InspectFunction",
  event: object,
): Promise<T> {
  const { Payload, FunctionError } = await lambda.send(
    new InvokeCommand({ FunctionName: outputs[name], Payload: Buffer.from(JSON.stringify(event)) }),
  );
  const answer = JSON.parse(Buffer.from(Payload!).toString("utf8")) as T;
  if (FunctionError === undefined) return answer;
  const { errorType, errorMessage } = answer as { errorType: string; errorMessage: string };
  throw Object.assign(new Error(errorMessage), { name: errorType });
}

/** Runs the state machine to its end. */
export async function batch<T>({ sfn, outputs }: Deployed, input: string): Promise<T> {
  const { executionArn } = await sfn.send(
    new StartExecutionCommand({ stateMachineArn: outputs["BatchStateMachine"], input }),
  );
  return until(async () => {
    const { status, output, cause } = await sfn.send(
      new DescribeExecutionCommand({ executionArn }),
    );
    if (status === "RUNNING") return undefined;
    if (status !== "SUCCEEDED") throw new Error(`The batch ended as ${status}: ${cause}`);
    return JSON.parse(output!) as T;
  }, "the batch did not end");
}

/** Messages in a queue, those under way among them. */
export async function lengthOf({ sqs }: Deployed, QueueUrl: string): Promise<number> {
  const names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] }),
  );
  return names.reduce((sum, name) => sum + Number(Attributes![name]), 0);
}

/** Waits until all uploads are worked off. */
export async function drained(aws: Deployed): Promise<void> {
  await until(
    async () => ((await lengthOf(aws, aws.outputs["UploadQueueUrl"]!)) === 0 ? true : undefined),
    "the queue was not worked off",
  );
}

export interface DeployedFunction {
  readonly name: string;
  /** In MB. */
  readonly memory: number;
  readonly variables: Readonly<Record<string, string>>;
}

/** The function whose description begins so. */
export async function functionDescribed(
  { lambda }: Deployed,
  description: string,
): Promise<DeployedFunction> {
  const { Functions = [] } = await lambda.send(new ListFunctionsCommand());
  const found = Functions.find(({ Description }) => Description?.startsWith(description))!;
  const variables = found.Environment!.Variables!;
  return { name: found.FunctionName!, memory: found.MemorySize!, variables };
}

/** Gives a function another environment, and waits until it has it. */
export async function configure(
  { lambda: client }: Deployed,
  FunctionName: string,
  Variables: Record<string, string>,
): Promise<void> {
  const Environment = { Variables };
  await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment }));
  await waitUntilFunctionUpdatedV2({ client, maxWaitTime: 60, minDelay: 1 }, { FunctionName });
}

/** How many lines with these texts the functions have logged. */
export function said({ local }: Deployed, ...texts: readonly string[]): number {
  const { functionLogs } = local.localStack;
  const lines = readdirSync(functionLogs).flatMap((name) =>
    readFileSync(join(functionLogs, name), "utf8").split("\n"),
  );
  return lines.filter((line) => texts.every((text) => line.includes(text))).length;
}

/** Sends an event as S3 would: a late one, or once more. */
export async function tell(
  { events, models }: Deployed,
  object: { key: string; etag: string; "version-id"?: string; sequencer: string; size: number },
): Promise<void> {
  const detail = { version: "0", bucket: { name: models }, object, reason: "PutObject" };
  await events.send(
    new PutEventsCommand({
      Entries: [{ Source: "aws.s3", DetailType: "Object Created", Detail: JSON.stringify(detail) }],
    }),
  );
}

export async function until<T>(ask: () => Promise<T | undefined>, otherwise: string): Promise<T> {
  const began = Date.now();
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() - began > 180_000) throw new Error(`${otherwise} in three minutes.`);
    await sleep(250);
  }
}
