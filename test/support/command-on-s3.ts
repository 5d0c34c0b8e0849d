import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { S3Server } from "../../local/s3/server.ts";

const main = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

/** The command with S3 on our own server; its exit code, null where it was killed. */
export function runOnS3(
  url: string,
  args: readonly string[],
  onStart: (kill: () => void) => void = () => undefined,
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const env = {
    ...process.env,
    AWS_ENDPOINT_URL_S3: url,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  };
  const child = spawn(process.execPath, [main, ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  onStart(() => child.kill("SIGKILL"));
  let [stdout, stderr] = ["", ""];
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  child.stdout.on("data", (text: Buffer) => (stdout += text.toString()));
  return new Promise((resolve) => {
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
}

/**
 * Runs a command again and again, each time killed when its next request arrives: before the first
 * one, the second one, … until it ends by itself.
 *
 * @returns how often it was killed
 */
export async function killAtEveryRequest(
  server: S3Server,
  args: readonly string[],
  afterKill: (nth: number) => Promise<void>,
): Promise<number> {
  for (let nth = 1; ; nth += 1) {
    let kill: (() => void) | undefined;
    server.clearFaults();
    server.inject({
      kind: "call",
      nth,
      // The request is handled all the same: nobody hears of its effect.
      call: () => kill?.(),
    });
    const { status, stderr } = await runOnS3(server.url, args, (kills) => (kill = kills));
    server.clearFaults();
    if (status === 0) return nth - 1;
    if (status !== null) throw new Error(stderr);
    await afterKill(nth);
  }
}
