import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { JsonReport } from "../../cli/json.ts";

const main = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command, run in a folder as a process of its own. */
export function commandIn(folder: string): {
  readonly cleave: (...args: string[]) => Ended;
  readonly json: (...args: string[]) => JsonReport;
} {
  const cleave = (...args: string[]): Ended =>
    spawnSync(process.execPath, [main, ...args], { cwd: folder, encoding: "utf8" });
  return {
    cleave,
    json: (...args) => JSON.parse(cleave(...args, "--json").stdout) as JsonReport,
  };
}
