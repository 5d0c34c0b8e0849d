import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { fixture } from "../support/fixtures.ts";

const cleave = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const model = fixture("keras-3.15.1-jax/classic.keras");

function run(args: readonly string[], variables = {}): { status: number; said: string } {
  try {
    const env = { ...process.env, ...variables };
    const stdout = execFileSync(process.execPath, [cleave, ...args], {
      env,
      encoding: "utf8",
      stdio: "pipe",
    });
    return { status: 0, said: stdout };
  } catch (error) {
    const { status, stderr } = error as { status: number; stderr: string };
    return { status, said: stderr };
  }
}

test("a cap is lowered and raised by option and by variable, and the refusal names it", () => {
  const low = run(["inspect", model, "--limit", "layers=2"]);

  expect(low.status).toBe(1);
  expect(low.said).toMatch(/3 layers, the limit is 2.*--limit layers=N/s);
  expect(run(["inspect", model], { CLEAVE_LIMITS: "layers=2" }).status).toBe(1);
  expect(run(["inspect", model, "--limit=layers=9"], { CLEAVE_LIMITS: "layers=2" }).status).toBe(0);
});

test.each([["--limit", "leyers=2"], ["--limit", "layers=two"], ["--limit"]])(
  "%s %s is refused with the names that there are",
  (...args) => {
    const { status, said } = run(["inspect", model, ...args.filter((arg) => arg !== undefined)]);

    expect(status).toBe(2);
    expect(said).toMatch(/layers|takes a name/);
  },
);
