import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { allCases, pathOf, type HostileCase } from "./cases.ts";
import type { Took } from "./child.ts";

/** `npm run test:hostile`: each file in a process of its own, for what it takes, and whether it ends. */
const mostMilliseconds = 2000;
const mostMemory = 256 * 1024 * 1024;
/** A process that has not ended by then hangs. */
const patience = 20_000;
const child = fileURLToPath(new URL("child.ts", import.meta.url));
const run = promisify(execFile);

async function take(given: HostileCase, folder: string): Promise<Took | string> {
  const args = [child, pathOf(given), join(folder, given.id)];
  try {
    const { stdout } = await run(process.execPath, args, { timeout: patience });
    return JSON.parse(stdout) as Took;
  } catch (error) {
    const { signal, message } = error as Error & { signal?: string };
    return signal ? `ended by ${signal}` : message;
  }
}

function wrong(took: Took | string): string[] {
  if (typeof took === "string") return [took];
  const { crashes, milliseconds, memory } = took;
  return [
    ...crashes,
    ...(milliseconds > mostMilliseconds ? [`took ${Math.round(milliseconds)} ms`] : []),
    ...(memory > mostMemory ? [`took ${Math.round(memory / 1e6)} MB`] : []),
  ];
}

const folder = mkdtempSync(join(tmpdir(), "cleave-hostile-"));
let failed = 0;
const all: Took[] = [];
try {
  for (const given of allCases) {
    const took = await take(given, folder);
    if (typeof took !== "string") all.push(took);
    const problems = wrong(took);
    if (problems.length > 0) failed += 1;
    for (const problem of problems) console.log(`${given.id}: ${problem}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const most = (of: (took: Took) => number): number => Math.max(...all.map(of));
console.log(
  `${allCases.length} files, ${failed} with something wrong; at most ${Math.round(most(({ milliseconds }) => milliseconds))} ms and ${Math.round(most(({ memory }) => memory) / 1e6)} MB above the start.`,
);
process.exitCode = failed === 0 ? 0 : 1;
