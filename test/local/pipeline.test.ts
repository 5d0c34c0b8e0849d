import { spawn, type ChildProcess } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fixture } from "../support/fixtures.ts";
import { temporaryFolder } from "../support/temporary.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = temporaryFolder();
let local: ChildProcess;
let printed = "";
let url: string;

beforeAll(async () => {
  local = run(["local/pipeline/main.ts", "--port", "0", "--folder", folder]);
  local.stdout!.on("data", (text: Buffer) => (printed += text.toString()));
  await until(() => /endpoint +(http:\S+)/.test(printed));
  url = /endpoint +(http:\S+)/.exec(printed)![1]!;
});
afterAll(() => local.kill("SIGKILL"));

function run(args: string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const stdio = ["ignore", "pipe", "pipe"] as const;
  return spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: [...stdio],
  });
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let waited = 0; !isTrue(); waited += 50) {
    if (waited > 20_000) throw new Error(`It did not come. Printed so far:\n${printed}`);
    await sleep(50);
  }
}

async function cleave(...args: string[]): Promise<{ status: number; output: string }> {
  const env = {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
  };
  const command = run(["cli/main.ts", ...args], env);
  let output = "";
  for (const stream of [command.stdout!, command.stderr!]) {
    stream.on("data", (text: Buffer) => (output += text.toString()));
  }
  const status = await new Promise<number>((end) => command.once("close", end));
  return { status, output };
}

test("npm run local does not split what is put into its folder, or say why not", async () => {
  const keras = "keras-3.15.1-jax";
  copyFileSync(fixture(`${keras}/lambda_layer.h5`), join(folder, "models/lambda.h5"));
  copyFileSync(
    fixture(`${keras}/nested_seq_in_fn.weights.h5`),
    join(folder, "models/w.weights.h5"),
  );
  copyFileSync(fixture("keras-3.15.1-jax/classic.keras"), join(folder, "models/dropped.keras"));
  writeFileSync(join(folder, "models/broken.h5"), "no model");
  const told = [
    "dropped.keras: split",
    "broken.h5: failed: NOT_A_MODEL",
    "lambda.h5: quarantined: QUARANTINED",
    "w.weights.h5: skipped: WEIGHTS_ONLY",
  ];
  await until(() => told.every((text) => printed.includes(text)));

  const manifest = join(folder, "artifacts/dropped.keras/manifest.json");
  expect(existsSync(manifest)).toBe(true);
  expect(readFileSync(manifest, "utf8")).toContain('"key": "dropped.keras"');
});

test.each([
  [
    ["where", "s3://models/dropped.keras", "--stack", "local"],
    0,
    /: split\ns3:\/\/artifacts\/split\/models\/dropped/,
  ],
  [["where", "s3://models/broken.h5", "--stack", "local"], 1, /: failed\nNOT_A_MODEL/],
  [["where", "s3://models/none.h5", "--artifacts", "artifacts"], 1, /: absent/],
  [["where", "none.h5", "--artifacts", "artifacts"], 2, /no s3:\/\/bucket\/key/],
  [
    ["invoke", "split", "s3://models/dropped.keras", "--stack", "local"],
    0,
    /stands in s3:.*already/,
  ],
  [["invoke", "inspect", "s3://models/dropped.keras", "--stack", "local"], 0, /25,450 parameters/],
  [["invoke", "inspect", "dropped.keras", "--stack", "local"], 2, /must be an S3 URI/],
  [
    ["invoke", "split", "s3://models/none.h5", "--stack", "local"],
    1,
    /deleted or overwritten|no such object/,
  ],
  [
    ["invoke", "split", "s3://models/dropped.keras", "--stack", "local", "--async"],
    0,
    /It was taken/,
  ],
  [["invoke", "verify", "s3://models/dropped.keras"], 2, /no function/],
  [["invoke", "split", "s3://models/dropped.keras"], 2, /--stack is missing/],
])("cleave %j says something else, or ends otherwise", async (args, status, output) => {
  expect(await cleave(...args)).toEqual({
    status,
    output: expect.stringMatching(output) as string,
  });
});

test("cleave invoke recombine makes no model", async () => {
  const { output } = await cleave("where", "s3://models/dropped.keras", "--stack", "local");
  const parts = output.trim().split("\n").at(-1)!;
  const recombined = await cleave("invoke", "recombine", parts, "--stack", "local", "--json");
  const { answer } = JSON.parse(recombined.output) as { answer: { out: string; size: number } };
  expect(answer).toMatchObject({
    size: 118_544,
    out: expect.stringMatching(/recombined\/models/) as string,
  });
  const verified = await cleave("inspect", answer.out);
  expect(verified).toMatchObject({ status: 0 });
});

test("Ctrl-C leaves something running", async () => {
  const ended = new Promise((end) => local.once("close", end));
  local.kill("SIGINT");
  expect(await ended).toBe(0);
  await expect(fetch(url)).rejects.toThrow("fetch failed");
});
