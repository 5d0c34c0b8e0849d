import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { dirname, join } from "node:path";
import { cacheFolder } from "../local/processes/uv.ts";
import type { Run } from "./statistics.ts";

const SCRIPT = join(import.meta.dirname, "python", "measure.py");
const TOUCH = join(import.meta.dirname, "python", "touch_memory.py");

/** What runs commands: a Python without its libraries, so that it is small. */
export interface Meter {
  readonly python: string;
  readonly variables: Readonly<Record<string, string>>;
  /** A file for what the command says. */
  readonly said: string;
}

const { PATH, HOME, LANG } = process.env;

/**
 * What a user's shell would have, and nothing that changes how programs run. Python keeps what it
 * has compiled, as it does everywhere; the run that warms up compiles it.
 */
const own = {
  PATH,
  HOME,
  LANG,
  PYTHONPYCACHEPREFIX: join(dirname(cacheFolder()), "bench", "compiled"),
};

/** Runs a command to its end and says what it took; throws if it fails. */
export function measure(command: readonly string[], meter: Meter): Run {
  const { python, variables, said } = meter;
  const { stdout, stderr } = spawnSync(python, ["-I", "-S", SCRIPT, said, ...command], {
    encoding: "utf8",
    env: { ...own, ...variables },
  });
  if (!stdout.startsWith("{")) throw new Error(`${command.join(" ")} did not run:\n${stderr}`);
  const { code, ...run } = JSON.parse(stdout) as Run & { code: number };
  if (code === 0) return run;
  const words = readFileSync(said, "utf8").slice(-2000);
  throw new Error(`${command.join(" ")} ended with ${code}:\n${words}`);
}

/**
 * Makes the machine the same for whatever runs next: nothing left to be written, and memory for
 * `bytes` (at most a third of all) there to be taken.
 */
export function settle(bytes: number, { python }: Meter): void {
  execFileSync("sync");
  const most = Math.floor(totalmem() / 3);
  execFileSync(python, ["-I", "-S", TOUCH, String(Math.min(bytes, most))]);
}
