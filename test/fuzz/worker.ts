import { openSync, writeSync, ftruncateSync } from "node:fs";
import { Coverage } from "./coverage.ts";
import { mutate } from "./mutate.ts";
import { Random } from "./random.ts";
import { seeds } from "./seeds.ts";
import { judge, judgeMemory } from "./judge.ts";
import { tryInput } from "./target.ts";

/** What the worker tells its parent, a line of JSON each. */
export type Report =
  | {
      readonly kind: "progress";
      readonly executions: number;
      readonly outcomes: Record<string, number>;
      readonly corpus: number;
      readonly blocks: number;
    }
  | { readonly kind: "broken" | "differs"; readonly input: string; readonly problem: string }
  | { readonly kind: "kept"; readonly input: string };

/** What stands first in the file of the current input: whose work it is. */
export const phases = { ours: 0, judge: 1 } as const;

/** Of the accepted inputs that are judged; libhdf5 takes its time. */
const judged = 0.25;
const largestKept = 80 * 1024;
const mostKept = 20_000;
const mostMemory = 256 * 1024 * 1024;
const reportEvery = 500;

/**
 * `node worker.ts SEED CURRENT`: mutates and tries until it is ended. The file CURRENT has the input that
 * is tried, for whoever ends a process that hangs.
 */
async function main([seedText, current]: readonly string[]): Promise<never> {
  const random = new Random(Number(seedText));
  const corpus: Buffer[] = [...seeds()];
  const now = new Current(current!);
  const coverage = new Coverage();
  await coverage.start();
  const outcomes: Record<string, number> = {};
  for (const seed of corpus) await tryInput(seed).catch(() => undefined);
  await coverage.takeNew();
  const baseline = ownMemory();
  for (let executions = 1; ; executions += 1) {
    // What was found last leads to more of it.
    const recent = random.chance(0.4) ? Math.min(corpus.length, 200) : corpus.length;
    const seed = corpus[corpus.length - 1 - random.below(recent)]!;
    const input = await mutate(seed, random.pick(corpus), random);
    now.set(input, phases.ours);
    const outcome = await outcomeOf(input);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    if ((await coverage.takeNew()) > 0 && input.length <= largestKept && corpus.length < mostKept) {
      corpus.push(input);
      tell({ kind: "kept", input: input.toString("base64") });
    }
    if (outcome === "accepted" && random.chance(judged)) {
      now.set(input, phases.judge);
      const opinion = await judge(input);
      outcomes[opinion.verdict] = (outcomes[opinion.verdict] ?? 0) + 1;
      if (opinion.verdict === "differs") {
        tell({ kind: "differs", input: input.toString("base64"), problem: opinion.reason });
      }
    }
    if (executions % reportEvery === 0) {
      global.gc?.();
      const grown = ownMemory() - baseline;
      const problem = `${grown} bytes of memory are not given back`;
      if (grown > 2 * mostMemory) tell({ kind: "broken", input: "", problem });
      const { blocks } = coverage;
      tell({ kind: "progress", executions, outcomes, corpus: corpus.length, blocks });
    }
  }
}

/** Without what libhdf5 has taken, whose memory never shrinks. */
function ownMemory(): number {
  return process.memoryUsage.rss() - judgeMemory();
}

async function outcomeOf(input: Buffer): Promise<string> {
  try {
    return await tryInput(input);
  } catch (error) {
    const problem = String((error as Error).stack);
    tell({ kind: "broken", input: input.toString("base64"), problem });
    return "broken";
  }
}

/** A file that always has the input under work. */
class Current {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, "w");
  }

  set(input: Buffer, phase: number): void {
    ftruncateSync(this.#file, 0);
    writeSync(this.#file, Buffer.concat([Buffer.of(phase), input]), 0, input.length + 1, 0);
  }
}

function tell(report: Report): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2));
