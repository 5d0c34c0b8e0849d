import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

/** Runs a command to its end while other things go on; throws with the end of what it said. */
export async function runInBackground(
  command: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<void> {
  const env = { ...process.env, ...variables };
  const child = spawn(command, args, { env, stdio: ["ignore", "ignore", "pipe"] });
  const [said, [status]] = await Promise.all([text(child.stderr), once(child, "close")]);
  if (status !== 0) {
    throw new Error(`${command} ${args.join(" ")}: exit ${status}\n${said.slice(-2000)}`);
  }
}
