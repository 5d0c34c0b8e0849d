import { join } from "node:path";
import { CleaveError } from "#shared/errors.ts";
import { recombine } from "#shared/recombine.ts";
import { scan } from "#shared/scan.ts";
import { split } from "#shared/split.ts";

/** What a process of its own took for one file: `node child.ts FILE OUT` prints it as JSON. */
export interface Took {
  readonly verdict: string;
  /** Refusals of the verbs, which are no CleaveError. */
  readonly crashes: readonly string[];
  readonly milliseconds: number;
  /** Most memory above that at the start, in bytes. */
  readonly memory: number;
}

async function crashOf(work: () => Promise<unknown>): Promise<string[]> {
  try {
    await work();
    return [];
  } catch (error) {
    const isRefusal = error instanceof CleaveError && error.code !== "INTERNAL";
    return isRefusal ? [] : [String((error as Error).stack)];
  }
}

async function throughVerbs(path: string, out: string): Promise<void> {
  const { manifest } = await split(path, { out });
  const name = manifest.model.family === "v3" ? "again.keras" : "again.h5";
  await recombine({ folder: out }, { out: join(out, name) });
}

const [path, out] = process.argv.slice(2) as [string, string];
const start = process.memoryUsage.rss();
const begun = performance.now();
let verdict = "none";
const crashes = [
  ...(await crashOf(async () => {
    ({ verdict } = await scan(path));
  })),
  ...(await crashOf(() => throughVerbs(path, out))),
];
const took: Took = {
  verdict,
  crashes,
  milliseconds: performance.now() - begun,
  memory: process.resourceUsage().maxRSS * 1024 - start,
};
process.stdout.write(JSON.stringify(took));
