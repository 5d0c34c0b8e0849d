import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const noEvent = join(temporaryFolder(), "split.broken.json");
writeFileSync(noEvent, "{");

function run(script: string, args: readonly string[]): { status: number | null; output: string } {
  const options = { cwd: root, encoding: "utf8", timeout: 30_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], options);
  return { status, output: `${stdout}${stderr}` };
}

describe("a script goes on, or says nothing of how it is called, with arguments that it does not know", () => {
  test.each([
    ["local/demo.ts", ["--bogus"], "npm start --"],
    ["local/demo.ts", ["none.keras"], "npm start --"],
    ["local/pipeline/main.ts", ["--bogus"], "npm run local --"],
    ["local/pipeline/main.ts", ["--port", "abc"], "--port is"],
    ["local/aws/main.ts", ["--port", "70000"], "npm run local:aws --"],
    ["local/invoke.ts", [], "npm run invoke --"],
    ["local/invoke.ts", ["none.json"], "npm run invoke --"],
    ["local/invoke.ts", ["README.md"], "no event of a function"],
    ["local/invoke.ts", [noEvent], "is no event"],
    ["infra/redrive.ts", ["Cleave"], "npm run redrive --"],
    ["local/s3/main.ts", ["--latency", "soon"], "--latency is"],
    ["test/fuzz/run.ts", ["--seconds", "abc"], "npm run fuzz --"],
    ["test/keras/run.ts", ["--env", "none"], "no environment"],
    ["test/s3/run.ts", ["--only", "none"], "no judge"],
    ["test/differential/run.ts", ["none"], "npm run test:differential --"],
    ["bench/run.ts", ["--rounds", "0"], "npm run bench --"],
    ["bench/s3/run.ts", ["--only", "none"], "no group"],
  ])("%s %j", (script, args, usage) => {
    const { status, output } = run(script, args);

    expect(output).toContain(usage);
    expect(output).not.toMatch(/^ +at /m);
    expect(status).toBe(2);
  });
});

test("--help is an error, or does something", () => {
  expect(run("infra/redrive.ts", ["--help"])).toEqual({
    status: 0,
    output: "npm run redrive -- [--stack NAME]\n",
  });
});
