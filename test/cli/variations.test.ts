import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { commandIn } from "../support/command.ts";
import { fixture } from "../support/fixtures.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();
const { cleave, json } = commandIn(folder);

beforeAll(() => {
  copyFileSync(fixture("keras-3.15.1-jax/classic.keras"), join(folder, "model.keras"));
  cleave("split", "model.keras");
  const path = join(folder, "model.cleave/architecture.json");
  const text = readFileSync(path, "utf8").replaceAll('"dense_1"', '"head|new"');
  writeFileSync(join(folder, "new_head.json"), text.replace('"units": 10', '"units": 4'));
});

const recombine = [
  "recombine",
  "model.cleave",
  "--architecture",
  "new_head.json",
  "--out",
  "new.keras",
];

describe("recombine into another architecture", () => {
  test("says what became of every tensor, and writes nothing on a dry run", () => {
    const { status, stdout } = cleave(
      ...recombine,
      "--by-name",
      "--init-missing",
      "glorot",
      "--seed",
      "7",
      "--dry-run",
    );

    expect(status).toBe(0);
    expect(stdout).toMatch(/dense\/kernel +taken +by name +\(784, 32\)/);
    expect(stdout).toMatch(/head\|new\/kernel +initialised: glorot_uniform, seed 7 +the weights/);
    expect(stdout).toMatch(/2 taken, 2 initialised, 2 unused/);
    expect(stdout).toContain("The training state is left out");
    expect(existsSync(join(folder, "new.keras"))).toBe(false);
  });

  test("gives the report as Markdown whose cells a name cannot break", () => {
    const { stdout } = cleave(
      ...recombine,
      "--by-name",
      "--init-missing",
      "zeros",
      "--dry-run",
      "--markdown",
    );

    const lines = stdout.trim().split("\n");
    const columns = lines.map((line) => line.replaceAll("\\|", "").split("|").length);
    expect(lines).toHaveLength(2 + 6);
    expect(new Set(columns)).toEqual(new Set([8]));
  });

  test("gives the report as JSON", () => {
    const report = json(...recombine, "--by-name", "--init-missing", "zeros", "--dry-run");

    expect(report).toMatchObject({
      command: "recombine",
      crc32: null,
      keepsTraining: false,
      tensors: expect.arrayContaining([
        expect.objectContaining({ layer: "head|new", outcome: "initialised", value: "zeros" }),
      ]),
    });
  });

  test("takes rules from a file", () => {
    const rules = { layers: [{ from: "dense_1", to: "head|new" }] };
    writeFileSync(join(folder, "rules.json"), JSON.stringify(rules));

    const { stdout } = cleave(
      ...recombine,
      "--map",
      "rules.json",
      "--skip-mismatch",
      "--init-missing",
      "zeros",
    );

    expect(stdout).toMatch(
      /head\|new\/kernel +initialised: zeros +the weights have shape \(32, 10\)/,
    );
    expect(existsSync(join(folder, "new.keras"))).toBe(true);
  });

  test.each([
    [["--init-missing", "random"], "zeros or glorot"],
    [["--seed", "1"], "--init-missing glorot"],
    [["--init-missing", "glorot", "--seed", "x"], "whole number"],
    [["--weights", "model.keras"], "exclude each other"],
    [["--map", "model.keras"], "not UTF-8|not JSON"],
  ])("refuses %j", (args, message) => {
    const { status, stderr } = cleave(...recombine, "--force", ...args);

    expect(status).not.toBe(0);
    expect(stderr).toMatch(new RegExp(message));
  });
});

describe("cat", () => {
  test("shows a tensor, lists a glob and measures it", () => {
    const one = cleave("cat", "model.keras", "dense/kernel").stdout;
    const list = cleave("cat", "model.keras", "dense*/*").stdout;
    const measured = cleave("cat", "model.keras", "dense*/*", "--stats").stdout;

    expect(one).toMatch(
      /^layers\/dense\/vars\/0: dense\/kernel, float32, \(784, 32\), 100,352 bytes\n/,
    );
    expect(one.split("\n")[1]!.split(" ")).toHaveLength(11);
    expect(list.trim().split("\n")).toHaveLength(1 + 4);
    expect(measured).toMatch(/dense\/kernel +25,088 +-?\d/);
  });

  test("refuses a head that is no number and a file that would be replaced", () => {
    const head = cleave("cat", "model.keras", "dense/bias", "--head", "x");
    cleave("cat", "model.keras", "dense/bias", "--npy", "bias.npy");
    const npy = cleave("cat", "model.keras", "dense/bias", "--npy", "bias.npy");

    expect([head.status, npy.status]).toEqual([2, 1]);
  });
});

test("split divides weights among files, and refuses a size it cannot read", () => {
  const parts = ["split", "model.keras", "--out", "shards"];
  const { stdout } = cleave(...parts, "--max-shard-size", "101kB");
  const refused = cleave(...parts, "--max-shard-size", "much");

  expect(stdout).toMatch(/model_00001\.weights\.h5 +[\d,]+ +[0-9a-f]{8} +2 tensors/);
  expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining('"much"') });
});
