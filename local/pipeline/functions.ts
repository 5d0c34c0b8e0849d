import { randomUUID } from "node:crypto";
import type { Context } from "aws-lambda";
import type { FunctionName } from "../../functions/names.ts";

type Handler = (event: unknown, context: Context) => Promise<unknown>;

/** Loaded when called, as the environment they are loaded in is set by then. */
const load: Readonly<Record<FunctionName, () => Promise<{ readonly handler: unknown }>>> = {
  "split-on-upload": () => import("../../functions/split-on-upload.ts"),
  split: () => import("../../functions/split.ts"),
  recombine: () => import("../../functions/recombine.ts"),
  inspect: () => import("../../functions/inspect.ts"),
  "batch-item": () => import("../../functions/batch-item.ts"),
  "batch-report": () => import("../../functions/batch-report.ts"),
};

const timeout = 900_000;

/**
 * Calls a function as Lambda does: event and answer are JSON.
 *
 * @throws what the function throws: its name and message are what Lambda would tell
 */
export async function callFunction(name: FunctionName, event: unknown): Promise<unknown> {
  const { handler } = await load[name]();
  const answer = await (handler as Handler)(JSON.parse(JSON.stringify(event)), newContext(name));
  return JSON.parse(JSON.stringify(answer ?? null)) as unknown;
}

function newContext(name: FunctionName): Context {
  const started = Date.now();
  const nothing = (): void => undefined;
  return {
    awsRequestId: randomUUID(),
    functionName: name,
    functionVersion: "$LATEST",
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
    memoryLimitInMB: "512",
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: "local",
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => started + timeout - Date.now(),
    done: nothing,
    fail: nothing,
    succeed: nothing,
  };
}
