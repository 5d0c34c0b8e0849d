import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { phases, type Report } from "./worker.ts";
import { scriptNumber, scriptOptions } from "../../local/processes/script-options.ts";

const HELP = `Mutates real and hostile model files, and tries what becomes of them.

npm run fuzz -- [--seconds N] [--seed S] [--keep DIR]
  --seconds N  how long; 60 unless given
  --seed S     the same seed makes the same inputs, as long as the corpus is the same
  --keep DIR   write inputs that reach new code to this folder

What breaks the invariant is written to test/fuzz/crashes, and makes the exit code 1: an error that is no
refusal, an input that takes longer than 10 s, memory that is not given back, a tree that does not
come back after it was laid out, or that libhdf5 sees otherwise.`;

const values = scriptOptions(
  {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: `${Date.now() % 2 ** 31}` },
    keep: { type: "string" },
  },
  HELP,
);
/** A small input is read in milliseconds; machines stand still for some seconds. */
const patience = 10_000;
const here = import.meta.dirname;
const crashes = join(here, "crashes");
const folder = mkdtempSync(join(tmpdir(), "cleave-fuzz-"));
const current = join(folder, "current");
const totals = {
  executions: 0,
  broken: 0,
  differs: 0,
  hangs: 0,
  judgeHangs: 0,
  kept: 0,
  blocks: 0,
};
const outcomes: Record<string, number> = {};
const problems = new Map<string, string>();

process.exitCode = await main(
  scriptNumber("--seconds", values.seconds, { usage: HELP }) * 1000,
  scriptNumber("--seed", values.seed, { usage: HELP }),
);

async function main(milliseconds: number, seed: number): Promise<number> {
  const started = Date.now();
  const end = started + milliseconds;
  try {
    // A worker that was ended goes on with other numbers.
    for (let worker = 0; Date.now() < end; worker += 1) await runWorker(seed + worker, end);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const seconds = (Date.now() - started) / 1000;
  console.log(summary(seconds, seed));
  return totals.broken + totals.differs + totals.hangs === 0 ? 0 : 1;
}

async function runWorker(seed: number, end: number): Promise<void> {
  const args = ["--expose-gc", join(here, "worker.ts"), `${seed}`, current];
  const worker = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let lastSaid = Date.now();
  let mine = 0;
  const counts: Record<string, number> = {};
  createInterface({ input: worker.stdout }).on("line", (line) => {
    lastSaid = Date.now();
    const report = JSON.parse(line) as Report;
    if (report.kind === "progress") {
      mine = report.executions;
      Object.assign(counts, report.outcomes);
      totals.blocks = Math.max(totals.blocks, report.blocks);
    } else if (report.kind === "kept") keep(Buffer.from(report.input, "base64"));
    else note(report.kind, Buffer.from(report.input, "base64"), report.problem);
  });
  await new Promise<void>((resolve) => {
    const watching = setInterval(() => {
      const isOver = Date.now() >= end;
      if (!isOver && Date.now() - lastSaid < patience + 5000 + startPatience(mine)) return;
      if (!isOver) noteHang();
      worker.kill("SIGKILL");
    }, 250);
    worker.once("exit", (code) => {
      clearInterval(watching);
      if (code !== null && code !== 0) noteDeath(worker, code);
      resolve();
    });
  });
  if (mine === 0 && Date.now() < end)
    throw new Error("The worker has not come to its first report.");
  totals.executions += mine;
  for (const [name, count] of Object.entries(counts))
    outcomes[name] = (outcomes[name] ?? 0) + count;
}

/** Before the first report the worker has loaded everything and tried all seeds. */
function startPatience(executions: number): number {
  return executions === 0 ? 60_000 : 0;
}

function lastInput(): { phase: number; input: Buffer } {
  const bytes = existsSync(current) ? readFileSync(current) : Buffer.of(phases.ours);
  return { phase: bytes[0] ?? phases.ours, input: bytes.subarray(1) };
}

function noteHang(): void {
  const { phase, input } = lastInput();
  if (phase === phases.judge) totals.judgeHangs += 1;
  else note("hangs", input, "It does not end.");
}

function noteDeath(worker: ChildProcess, code: number): void {
  const { phase, input } = lastInput();
  if (phase === phases.judge) totals.judgeHangs += 1;
  else note("broken", input, `The process ended with ${code} (${worker.signalCode}).`);
}

function note(kind: "broken" | "differs" | "hangs", input: Buffer, problem: string): void {
  totals[kind] += 1;
  const [first = ""] = problem.split("\n");
  const key = `${kind}: ${first.slice(0, 200)}`;
  if (problems.has(key) || problems.size > 200) return;
  const name = `${kind}-${createHash("sha256").update(input).digest("hex").slice(0, 12)}.bin`;
  mkdirSync(crashes, { recursive: true });
  writeFileSync(join(crashes, name), input);
  problems.set(key, name);
  console.log(`${name}: ${problem.slice(0, 1500)}`);
}

function keep(input: Buffer): void {
  totals.kept += 1;
  if (values.keep === undefined) return;
  mkdirSync(values.keep, { recursive: true });
  const name = createHash("sha256").update(input).digest("hex").slice(0, 16);
  writeFileSync(join(values.keep, `${name}.bin`), input);
}

function summary(seconds: number, seed: number): string {
  const { executions, broken, differs, hangs, judgeHangs, kept, blocks } = totals;
  const by = Object.entries(outcomes)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`);
  return [
    `${executions} inputs in ${seconds.toFixed(0)} s (${(executions / seconds).toFixed(0)} a second), seed ${seed}; ${kept} reached new code, ${blocks} blocks in all.`,
    by.join(", "),
    `${broken} broke the invariant, ${hangs} did not end, ${differs} were seen otherwise by libhdf5 (which itself ended on ${judgeHangs}).`,
  ].join("\n");
}
