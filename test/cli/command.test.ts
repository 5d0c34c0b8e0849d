import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { commandIn } from "../support/command.ts";
import { fixture } from "../support/fixtures.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();
const { cleave, json } = commandIn(folder);

beforeAll(() => {
  copyFileSync(fixture("keras-3.15.1-jax/classic.keras"), join(folder, "model.keras"));
  copyFileSync(fixture("keras-2.3.1-theano/seed_mlp.h5"), join(folder, "old.h5"));
});

describe("the whole way", () => {
  test("split, verify, recombine and inspect a model, beside which the folder stands", () => {
    const split = cleave("split", "model.keras");
    const verify = cleave("verify", "model.cleave", "--against", "model.keras");
    const recombine = cleave("recombine", "model.cleave", "--out", "again.keras");
    const inspect = cleave("inspect", "again.keras", "--tensors");

    expect([split.status, verify.status, recombine.status, inspect.status]).toEqual([0, 0, 0, 0]);
    expect(split.stderr + verify.stderr + recombine.stderr + inspect.stderr).toBe("");
    expect(readdirSync(join(folder, "model.cleave")).toSorted()).toEqual([
      "architecture.json",
      "manifest.json",
      "model.weights.h5",
      "training.h5",
    ]);
    expect(verify.stdout).toContain("model.cleave is intact and holds all of model.keras");
    expect(inspect.stdout).toMatch(/dense\/kernel +float32 +\(784, 32\) +100,352/);
  });

  test("piped output has no colour and no progress", () => {
    const { stdout, stderr } = cleave("inspect", "model.keras");

    // eslint-disable-next-line no-control-regex
    expect(stdout + stderr).not.toMatch(/\x1b/);
  });
});

describe("--no-training and --digest", () => {
  test("leave the training state out, and the compile configuration with it", () => {
    cleave("split", "model.keras", "--out", "bare", "--no-training");
    cleave("recombine", "bare", "--out", "bare.keras");
    const inspection = json("inspect", "bare.keras");

    expect(existsSync(join(folder, "bare/training.h5"))).toBe(false);
    expect(readFileSync(join(folder, "bare/manifest.json"), "utf8")).not.toContain("categorical");
    expect(inspection).toMatchObject({ command: "inspect", training: null });
    expect(cleave("verify", "bare", "--against", "model.keras").stdout).toContain(
      "holds all of model.keras but its training state",
    );
  });

  test("record the SHA-256 of tensors and of the source, which verify compares", () => {
    const report = json("split", "model.keras", "--out", "digested", "--digest", "sha256");
    const verification = json("verify", "digested");

    expect(report).toMatchObject({ manifest: { source: { checksum: { algorithm: "sha256" } } } });
    expect(verification).toMatchObject({ ok: true });
    expect(JSON.stringify(verification)).toContain('"digests"');
  });
});

describe("exit codes", () => {
  test.each([
    ["an unknown command", ["melt"]],
    ["no command", []],
    ["an unknown option", ["split", "model.keras", "--fast"]],
    ["a missing argument", ["split"]],
    ["an argument too many", ["inspect", "a", "b"]],
    ["a digest that is not known", ["split", "model.keras", "--digest", "md5"]],
    ["a missing --out", ["recombine", "model.cleave"]],
    ["a folder and parts", ["recombine", "d", "--weights", "w", "--out", "o.keras"]],
    ["an architecture without weights", ["recombine", "--architecture", "a", "--out", "o.keras"]],
  ])("2 for %s", (_, args) => {
    const { status, stdout, stderr } = cleave(...args);

    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).not.toBe("");
  });

  test.each([
    ["a file that is not there", ["split", "nothing.keras"], "nothing.keras"],
    ["a folder that exists", ["split", "model.keras", "--out", "model.cleave"], "--force"],
    ["a target that exists", ["recombine", "model.cleave", "--out", "model.keras"], "--force"],
    ["a target of the other family", ["recombine", "model.cleave", "--out", "x.h5"], ".keras"],
    ["a folder without a manifest", ["verify", "."], "manifest.json"],
  ])("1 for %s, and what to do", (_, args, words) => {
    const { status, stderr } = cleave(...args);

    expect(status).toBe(1);
    expect(stderr).toContain(words);
  });

  test("0 for --help of every verb, with examples, and for --version", () => {
    for (const verb of ["split", "recombine", "inspect", "verify"]) {
      const { status, stdout } = cleave(verb, "--help");
      expect(status).toBe(0);
      expect(stdout).toContain(`\n  cleave ${verb} `);
    }
    expect(cleave("--version").stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(cleave("--help").status).toBe(0);
    expect(cleave("help", "split").stdout).toBe(cleave("split", "--help").stdout);
  });
});

describe("a mismatch", () => {
  test("is refused with a table and, in --json, with data; nothing is written", () => {
    cleave("split", "old.h5");
    const path = join(folder, "old.cleave/architecture.json");
    writeFileSync(path, readFileSync(path, "utf8").replace('"units": 32', '"units": 31'));

    const { status, stdout, stderr } = cleave("recombine", "old.cleave", "--out", "new.h5");
    const report = json("recombine", "old.cleave", "--out", "new.h5");

    expect(status).toBe(1);
    expect(stdout).toMatch(/shape +dense_1 +kernel +\(\?, 31\) float32 +\(100, 32\) float32/);
    expect(stderr).toContain("nothing was written");
    expect(report).toMatchObject({
      error: { code: "MISMATCH", findings: [{ problem: "shape" }, { problem: "shape" }] },
    });
    expect(existsSync(join(folder, "new.h5"))).toBe(false);
  });
});

describe("doctor", () => {
  test("says what is left of a cut file, saves it, and what is missing is in salvage.json", () => {
    const whole = readFileSync(join(folder, "old.h5"));
    writeFileSync(join(folder, "cut.h5"), whole.subarray(0, whole.length / 2));

    const { status, stdout } = cleave("doctor", "cut.h5");
    expect(status).toBe(1);
    expect(stdout).toMatch(/KB705 Truncated: .* tensors? (?:is|are) complete/);
    expect(stdout).toContain("cleave doctor cut.h5 --salvage DIR");
    const saved = cleave("doctor", "cut.h5", "--salvage", "rescued");

    expect(saved).toMatchObject({ status: 0, stderr: "" });
    const report = JSON.parse(readFileSync(join(folder, "rescued/salvage.json"), "utf8")) as object;
    expect(report).toMatchObject({ family: "legacy", architecture: "architecture.json" });
    expect(json("doctor", "cut.h5")).toMatchObject({ command: "doctor", sound: false });
  });

  test("does not call well what is whole and hostile", () => {
    copyFileSync(fixture("keras-3.15.1-jax/lambda_layer.h5"), join(folder, "lambda.h5"));

    const { status, stdout } = cleave("doctor", "lambda.h5");

    expect(status).toBe(1);
    expect(stdout).toMatch(/sound, and dangerous.*cleave scan lambda\.h5/s);
  });

  test("repairs what has only the wrong name", () => {
    copyFileSync(join(folder, "old.h5"), join(folder, "wrong.keras"));

    expect(cleave("doctor", "wrong.keras", "--repair")).toMatchObject({ status: 0, stderr: "" });
    expect(readFileSync(join(folder, "wrong.repaired.h5"))).toEqual(
      readFileSync(join(folder, "old.h5")),
    );
    expect(cleave("doctor", "wrong.repaired.h5").status).toBe(0);
  });

  test.each([
    ["--salvage", "x", "--repair"],
    ["--out", "x"],
  ])("refuses %s %s %s", (...options) => {
    expect(cleave("doctor", "old.h5", ...options.filter(Boolean)).status).toBe(2);
  });
});
