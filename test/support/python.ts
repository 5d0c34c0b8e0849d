import { spawnSync } from "node:child_process";

/** Whether there is a Python to compare with; nothing else depends on one. */
export const hasPython = spawnSync("python3", ["-c", "import zipfile"]).status === 0;

/** What a Python program prints as JSON. */
export function runPython(program: string, ...options: string[]): unknown {
  const { status, stdout, stderr } = spawnSync("python3", ["-c", program, ...options], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
