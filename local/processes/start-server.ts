import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const startPatience = 90_000;
const stopPatience = 10_000;

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  /** A file for all that it says. */
  readonly log: string;
  /** An address that it answers when it is ready. */
  readonly ready: string;
  /** Whether it is this server that answers there, where another might. */
  readonly isOurs?: () => boolean;
}

/**
 * Starts a server and waits until it answers.
 *
 * @returns what stops it
 * @throws Error with the end of its log, where it ends or does not answer
 */
export async function startServer(server: ServerCommand): Promise<() => Promise<void>> {
  const log = openSync(server.log, "a");
  const child = spawn(server.command, server.args, {
    env: { ...process.env, ...server.variables },
    stdio: ["ignore", log, log],
    // A group of its own, so that its children are stopped with it.
    detached: true,
  });
  closeSync(log);
  let failure: Error | undefined;
  child.once("error", (error) => (failure = error));
  // However this process ends, the server is not left behind, nor writes into what is removed then.
  const kill = (): void => signal(child, "SIGKILL");
  process.prependOnceListener("exit", kill);
  const stop = async (): Promise<void> => {
    await end(child);
    process.off("exit", kill);
  };

  const began = Date.now();
  const { ready, isOurs = () => true } = server;
  while (!isOurs() || !(await answers(ready))) {
    const ending = failure?.message ?? endOf(child) ?? overdue(began);
    if (ending !== undefined) {
      await stop();
      const said = readFileSync(server.log, "utf8").slice(-2000);
      throw new Error(`${server.command} did not start: ${ending}\n${said}`);
    }
    await sleep(100);
  }
  return stop;
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
    await response.arrayBuffer();
    return response.status < 500;
  } catch {
    return false;
  }
}

function endOf({ exitCode, signalCode }: ChildProcess): string | undefined {
  if (signalCode !== null) return signalCode;
  return exitCode === null ? undefined : `exit ${exitCode}`;
}

function overdue(began: number): string | undefined {
  return Date.now() - began > startPatience ? `no answer in ${startPatience / 1000} s` : undefined;
}

async function end(child: ChildProcess): Promise<void> {
  const began = Date.now();
  signal(child, "SIGTERM");
  while (child.pid !== undefined && endOf(child) === undefined) {
    if (Date.now() - began > stopPatience) signal(child, "SIGKILL");
    await sleep(20);
  }
  // Nor what it has started and not ended.
  signal(child, "SIGKILL");
}

/** To the group; nothing where there is none any more. */
function signal({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
