import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Environment } from "./environments.ts";
import { cacheFolder } from "../../local/processes/uv.ts";
import type { Cleaved } from "./cleave.ts";
import { isKeras3, tolerance, type Judge } from "./judges.ts";

const SCRIPT = join(import.meta.dirname, "python", "judge.py");
const LONGEST_CASE_MS = 180_000;

/** What a judge says of one file. */
export interface Opinion {
  readonly verdict: "passed" | "failed" | "not loadable";
  readonly judged?: readonly string[];
  readonly difference?: number | null;
  readonly notes?: readonly string[];
  readonly reason?: string;
}

type Line = { readonly begins: number } | (Opinion & { readonly number: number });

/** Has a judge look at all of these; a crash costs the file it happened at, not the rest. */
export async function judgeWith(
  judge: Judge,
  { variables }: Environment,
  python: string,
  cleaved: readonly Cleaved[],
  folder: string,
): Promise<Opinion[]> {
  const cases = join(folder, `${judge.kind}.cases.json`);
  const results = join(folder, `${judge.kind}.results.jsonl`);
  writeFileSync(cases, JSON.stringify(cleaved.map((one) => caseOf(one, judge))));
  writeFileSync(results, "");
  const opinions: Opinion[] = [];
  while (opinions.length < cleaved.length) {
    const args = [SCRIPT, judge.kind, cases, results, String(opinions.length)];
    const ending = await runPython(python, args, variables, results);
    const lines = readLines(results);
    for (const line of lines) if ("verdict" in line) opinions[line.number] = line;
    if (opinions.length === cleaved.length) break;
    if (lines.every((line) => !("begins" in line) || line.begins < opinions.length)) {
      throw new Error(`The judge "${judge.title}" does not run: ${ending}`);
    }
    opinions.push({ verdict: "failed", reason: `the judge crashed: ${ending}` });
  }
  return opinions;
}

function caseOf(one: Cleaved, judge: Judge) {
  const { subject } = one;
  return {
    pair: subject.architecture !== undefined,
    original: subject.path,
    whole: subject.whole ?? null,
    architecture: one.architecture,
    weights: one.weights,
    others: one.others,
    assets: one.hasAssets,
    recombined: one.recombined,
    record: subject.record,
    io: subject.io,
    other_family: judge.kind === "keras3" && !isKeras3(subject),
    lambda_python: subject.lambdaPython ?? null,
    tolerance: tolerance(subject, judge),
  };
}

function readLines(path: string): Line[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}

/** Resolves to how the process ended and the end of what it said on stderr. */
function runPython(
  python: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
  results: string,
): Promise<string> {
  const compiled = join(cacheFolder(), "theano");
  const flags = variables["THEANO_FLAGS"];
  const theano = flags && { THEANO_FLAGS: `${flags},base_compiledir=${compiled}` };
  const child = spawn(python, args, {
    env: { ...process.env, ...variables, ...theano, PYTHONDONTWRITEBYTECODE: "1" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
  const stop = watch(results, () => child.kill("SIGKILL"));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      stop();
      resolve(`${signal ?? `exit ${code}`} ${said.trim().split("\n").slice(-4).join(" | ")}`);
    });
  });
}

/** Calls `onSilence` when the results have not grown for too long. */
function watch(results: string, onSilence: () => void): () => void {
  let size = -1;
  const timer = setInterval(() => {
    const now = readFileSync(results).length;
    if (now === size) onSilence();
    size = now;
  }, LONGEST_CASE_MS);
  return () => clearInterval(timer);
}
