import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../processes/free-port.ts";
import { pythonWith } from "../processes/python-with.ts";
import { startServer } from "../processes/start-server.ts";

export interface LocalStack {
  readonly port: number;
  /** `http://127.0.0.1:PORT`, of every service. */
  readonly url: string;
  /** What functions say, in a file for each of their processes. */
  readonly functionLogs: string;
  /** What is other than it should be: that the memory of functions is not limited. */
  readonly warnings: readonly string[];
  readonly stop: () => Promise<void>;
}

export interface LocalStackOptions {
  /** For its log and what it keeps. */
  readonly folder: string;
  /** Names of services, as LocalStack has them. */
  readonly services: readonly string[];
  /** Any that is free, unless said. */
  readonly port?: number;
  readonly variables?: Readonly<Record<string, string>>;
}

/** The Python with LocalStack 4.13.1, made on first use. */
export function localStackPython(): string {
  // The pins are of packages that have wheels for these.
  const lock = join(import.meta.dirname, "requirements.lock");
  return pythonWith("localstack", lock, ["3.11", "3.12", "3.13"]);
}

/** Starts LocalStack as a plain process on the loopback interface. */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const { folder, services, variables = {}, port = await freePort() } = options;
  const state = join(folder, "state");
  const functionLogs = join(folder, "functions");
  for (const made of [state, functionLogs]) mkdirSync(made, { recursive: true });
  const listening = join(state, "listening");
  rmSync(listening, { force: true });
  const url = `http://127.0.0.1:${port}`;
  const log = join(folder, "localstack.log");
  const stop = await startServer({
    command: localStackPython(),
    args: [join(import.meta.dirname, "launch.py"), `${port}`, state, services.join(",")],
    variables: { LAMBDA_NODE: process.execPath, LAMBDA_LOGS: functionLogs, ...variables },
    log,
    ready: `${url}/_localstack/health`,
    isOurs: () => existsSync(listening),
  });
  const said = readFileSync(log, "utf8").matchAll(/^warning: (.*)$/gm);
  return { port, url, functionLogs, warnings: [...said].map(([, text]) => text!), stop };
}
