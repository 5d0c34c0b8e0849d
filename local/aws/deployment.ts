import { spawn } from "node:child_process";
import { openSync, closeSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startLocalStack, type LocalStack } from "../localstack/localstack.ts";
import { expectFreePort } from "../processes/expect-free-port.ts";
import { freePort } from "../processes/free-port.ts";
import { leadTo } from "./environment.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

const services = [
  "cloudformation",
  "cloudwatch",
  "events",
  "iam",
  "kms",
  "lambda",
  "logs",
  "s3",
  "scheduler",
  "sns",
  "sqs",
  "ssm",
  "stepfunctions",
  "sts",
];

export interface LocalDeployment {
  readonly localStack: LocalStack;
  /** What programs need in their environment to reach it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Name of the stack. */
  readonly stack: string;
}

export interface LocalDeploymentOptions {
  /** For logs, and what the services keep. */
  readonly folder: string;
  readonly port?: number;
  /** Options of the stack, as in cdk.json. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Fail where the memory of functions cannot be limited. */
  readonly needsMemoryLimits?: boolean;
  readonly onProgress: (text: string) => void;
}

/**
 * Starts an AWS on this machine, and deploys the stack to it with the CDK, as it would be deployed
 * to Amazon's. From then on this process reaches no other AWS.
 *
 * @throws CleaveError `USAGE` where the port is taken
 * @throws Error with the end of the log of what failed; then nothing is left running
 */
export async function deployLocally(deployment: LocalDeploymentOptions): Promise<LocalDeployment> {
  const { folder, options = {}, needsMemoryLimits = false, onProgress } = deployment;
  const { port = await freePort() } = deployment;
  await expectFreePort(port, "npm run local:aws -- --port");
  const environment = leadTo(`http://127.0.0.1:${port}`);
  const cdk = (...args: string[]): Promise<void> =>
    run(join(root, "node_modules/.bin/cdk"), [...args, "--no-notices"], join(folder, "cdk.log"));
  const output = join(folder, "cdk.out");
  const context = `cleave=${JSON.stringify({ removalPolicy: "destroy", ...options })}`;

  onProgress("building the functions, starting LocalStack (installed from PyPI the first time) …");
  const synthesis = cdk("synth", "--quiet", "--output", output, "--context", context);
  const variables: Record<string, string> = needsMemoryLimits ? { CLEAVE_NEED_CGROUP: "1" } : {};
  const [started, synthesized] = await Promise.allSettled([
    startLocalStack({ folder, services, port, variables }),
    synthesis,
  ]);
  if (started.status === "rejected") throw started.reason;
  const localStack = started.value;
  try {
    if (synthesized.status === "rejected") throw synthesized.reason;
    for (const warning of localStack.warnings) onProgress(`warning: ${warning}`);
    // What cdk.json says of building is done before each command, even where nothing is synthesized.
    const app = ["--app", output, "--build", ""];
    onProgress("cdk bootstrap …");
    await cdk("bootstrap", ...app, "aws://000000000000/us-east-1");
    onProgress("cdk deploy …");
    await cdk("deploy", ...app, "--require-approval", "never", "--all");
    return { localStack, environment, stack: "Cleave" };
  } catch (error) {
    await localStack.stop();
    throw error;
  }
}

async function run(command: string, args: readonly string[], logPath: string): Promise<void> {
  const log = openSync(logPath, "a");
  const env = { ...process.env, CDK_DISABLE_CLI_TELEMETRY: "true", CI: "true" };
  const child = spawn(command, args, { cwd: root, env, stdio: ["ignore", log, log] });
  closeSync(log);
  const kill = (): boolean => child.kill();
  process.prependOnceListener("exit", kill);
  const status = await new Promise<number | null>((end, fail) => {
    child.once("error", fail);
    child.once("close", end);
  });
  process.off("exit", kill);
  if (status === 0) return;
  const said = readFileSync(logPath, "utf8").slice(-3000);
  throw new Error(`cdk ${args[0]} ended with ${status}.\n${said}`);
}
