import { spawnSync } from "node:child_process";

/** Runs a command to its end; throws with the end of what it said if it fails. */
export function run(
  command: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): string {
  const { status, signal, error, stdout, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    env: { ...process.env, ...variables },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return stdout;
  const ending = error?.message ?? (signal === null ? `exit ${status}` : signal);
  throw new Error(`${command} ${args.join(" ")}: ${ending}\n${stderr?.slice(-2000) ?? ""}`);
}
