import { readFileSync } from "node:fs";
import { CleaveError, type ErrorCode } from "../../shared/errors.ts";
import type { Inspection } from "../../shared/inspect.ts";
import type { SplitSummary } from "../../shared/manifest/summary.ts";
import type { RecombineResult } from "../../shared/recombine.ts";
import type { SplitResult } from "../../shared/split.ts";
import { readArguments } from "../arguments.ts";
import { deploymentOf, explainAws, output } from "../deployment.ts";
import { printJson } from "../json.ts";
import type { Command } from "../main.ts";
import { inspectReport } from "./inspect.ts";
import { recombineOptions, recombineReport } from "./recombine.ts";
import { splitReport } from "./split.ts";

const help = `cleave invoke split s3://BUCKET/KEY --stack NAME [options]
cleave invoke recombine s3://BUCKET/FOLDER --stack NAME [options]
cleave invoke inspect s3://BUCKET/KEY --stack NAME

Has a deployed function do it, and shows the result as the local command does. Options are those of
the command; --out may be left out: artifacts go to the model's own place in the artifacts bucket,
recombined models below recombined/. If given, it is below split/ or recombined/ of that bucket, where
the functions may write.

  --stack NAME   the deployed stack
  --async        do not wait for the answer
  --json         the function's answer as it is

  cleave invoke split s3://models/resnet.keras --stack Cleave
  cleave invoke recombine s3://artifacts/split/models/resnet.keras/3sL4 --stack Cleave
`;

const common = {
  stack: { type: "string" },
  async: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
} as const;

interface Invocation {
  readonly event: object;
  readonly values: { stack?: string | undefined; async: boolean; json: boolean };
  readonly report: (answer: never) => string;
}

const functions: Readonly<Record<string, (args: readonly string[]) => Invocation>> = {
  split(args) {
    const { values, positionals } = readArguments(
      args,
      {
        ...common,
        out: { type: "string" },
        "no-training": { type: "boolean", default: false },
        digest: { type: "string" },
        force: { type: "boolean", default: false },
      },
      { names: ["MODEL"], required: 1 },
    );
    const { out, digest, force } = values;
    const training = !values["no-training"];
    return {
      event: { model: positionals[0], out, training, digest, force },
      values,
      report: (answer: SplitSummary & SplitResult & { outcome: string }) =>
        splitReport(answer, { ...answer, existing: answer.outcome === "unchanged" }),
    };
  },
  recombine(args) {
    const { values, positionals } = readArguments(
      args,
      { ...recombineOptions, ...common },
      { names: ["DIR"], required: 0 },
    );
    const { architecture, weights, training, assets, out, force, map, seed } = values;
    const dryRun = values["dry-run"];
    const variation = {
      byName: values["by-name"] || undefined,
      map: map === undefined ? undefined : readJson(map),
      skipMismatch: values["skip-mismatch"] || undefined,
      allowMissing: values["allow-missing"],
      initMissing: values["init-missing"],
      seed: seed === undefined ? undefined : Number(seed),
    };
    const isVaried = Object.values(variation).some((value) => value !== undefined);
    const parts = { folder: positionals[0], architecture, weights, training, assets };
    return {
      event: { ...parts, out, force, dryRun, ...variation },
      values,
      report: (answer: RecombineResult) => recombineReport(answer, dryRun || isVaried),
    };
  },
  inspect(args) {
    const options = { ...common, tensors: { type: "boolean", default: false } } as const;
    const { values, positionals } = readArguments(args, options, { names: ["FILE"], required: 1 });
    return {
      event: { model: positionals[0] },
      values,
      report: (answer: Inspection) => inspectReport(answer, values.tensors),
    };
  },
};

/** The outputs of the stack that name them. */
const outputs: Readonly<Record<string, string>> = {
  split: "SplitFunction",
  recombine: "RecombineFunction",
  inspect: "InspectFunction",
};

export const invoke: Command = {
  help,
  async run([name = "", ...args]) {
    const prepare = functions[name];
    if (prepare === undefined) {
      throw new CleaveError("USAGE", `"${name}" is no function: split, recombine, inspect.`);
    }
    const { event, values, report } = prepare(args);
    const { stack } = values;
    if (stack === undefined) throw new CleaveError("USAGE", "--stack is missing.");
    const functionName = output(await deploymentOf(stack), stack, outputs[name]!);
    const answer = await call(functionName, event, values.async);
    if (answer === undefined) process.stdout.write("It was taken; its answer goes to the log.\n");
    else if (values.json) printJson({ command: "invoke", function: name, answer });
    else process.stdout.write(report(answer as never));
    return 0;
  },
};

/** @returns undefined where the answer is not waited for */
async function call(functionName: string, event: object, isAsync: boolean): Promise<unknown> {
  const { InvokeCommand, LambdaClient } = await import("@aws-sdk/client-lambda");
  // A function has fifteen minutes; asking again would do everything again.
  const client = new LambdaClient({ maxAttempts: 1, requestHandler: { requestTimeout: 910_000 } });
  try {
    const { Payload, FunctionError } = await client.send(
      new InvokeCommand({
        FunctionName: functionName,
        InvocationType: isAsync ? "Event" : "RequestResponse",
        Payload: Buffer.from(JSON.stringify(event)),
      }),
    );
    if (isAsync) return undefined;
    const answer = JSON.parse(Buffer.from(Payload!).toString("utf8")) as unknown;
    if (FunctionError === undefined) return answer;
    throw functionError(answer as { errorType?: string; errorMessage?: string });
  } catch (error) {
    if (error instanceof CleaveError) throw error;
    throw explainAws(error, `the function "${functionName}"`);
  } finally {
    client.destroy();
  }
}

/** The function's own codes; what Lambda itself says of it is no code of ours. */
function functionError({
  errorType = "",
  errorMessage = "",
}: {
  errorType?: string;
  errorMessage?: string;
}): CleaveError {
  if (errorType === "BAD_EVENT") return new CleaveError("USAGE", errorMessage);
  if (/^[A-Z0-9_]+$/.test(errorType)) return new CleaveError(errorType as ErrorCode, errorMessage);
  return new CleaveError(
    "STORE_UNAVAILABLE",
    `The function ended early (${errorType}): ${errorMessage}. Its log says more.`,
  );
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new CleaveError("USAGE", `--map ${path}: ${(cause as Error).message}.`, { cause });
  }
}
