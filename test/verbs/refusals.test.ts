import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { inspect } from "#shared/inspect.ts";
import { layOutModel } from "#shared/keras/lay-out-model.ts";
import { openModel } from "#shared/keras/open-model.ts";
import { MismatchError, recombine } from "#shared/recombine.ts";
import { split } from "#shared/split.ts";
import { OpenFiles } from "#shared/stores/open-files.ts";
import { writeFile } from "#shared/stores/file-system/write-file.ts";
import { verify } from "#shared/verify.ts";
import { fixture } from "../support/fixtures.ts";
import { refused as refusal } from "../support/refusal.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();
const model = fixture("keras-3.15.1-jax/classic.keras");
const parts = join(folder, "parts");
let copies = 0;

beforeAll(async () => {
  await split(model, { out: parts });
});

function copyOfParts(): string {
  const copy = join(folder, `copy-${(copies += 1)}`);
  cpSync(parts, copy, { recursive: true });
  return copy;
}

function edit(path: string, from: string, to: string): void {
  const text = readFileSync(path, "utf8");
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
}

/** A model file whose architecture says otherwise than its weights, as no `recombine` writes one. */
async function writeModelWithOtherUnits(path: string): Promise<void> {
  const files = new OpenFiles();
  const { model: read } = await openModel(model, files);
  const architecture = read.architecture!.replace('"units": 32', '"units": 31');
  await writeFile(path, layOutModel({ ...read, architecture }), { overwrite: false });
  await files.close();
}

describe("split", () => {
  test("refuses a damaged archive member and leaves nothing behind", async () => {
    const damaged = join(folder, "damaged.keras");
    const bytes = readFileSync(model);
    bytes[bytes.length - 2000]! ^= 1; // inside the weights, far from any header
    writeFileSync(damaged, bytes);

    const error = await refusal(split(damaged, { out: join(folder, "damaged") }));

    expect(error.code).toBe("ZIP_INVALID");
    expect(error.message).toContain("model.weights.h5");
    expect(existsSync(join(folder, "damaged"))).toBe(false);
  });

  test("refuses weights without an architecture and says what takes them", async () => {
    const weights = fixture("keras-3.15.1-jax/nested_seq_in_fn.weights.h5");

    const error = await refusal(split(weights, { out: join(folder, "none") }));

    expect(error.code).toBe("WEIGHTS_ONLY");
    expect(error.message).toContain("--weights");
  });

  test("with force replaces what an earlier split left, and nothing else", async () => {
    const copy = copyOfParts();
    writeFileSync(join(copy, "notes.txt"), "mine");

    await split(model, { out: copy, training: false, force: true });

    expect(readdirSync(copy).toSorted()).toEqual([
      "architecture.json",
      "manifest.json",
      "model.weights.h5",
      "notes.txt",
    ]);
  });

  test("with force keeps the earlier split where the new one fails", async () => {
    const copy = copyOfParts();
    const before = readdirSync(copy);
    const damaged = join(folder, "damaged.keras");

    await refusal(split(damaged, { out: copy, force: true }));

    expect(readdirSync(copy)).toEqual(before);
    expect((await verify(copy)).ok).toBe(true);
  });

  test("never writes over the model it reads, even with force", async () => {
    const old = join(folder, "old");
    mkdirSync(old);
    const source = join(old, "model_weights.h5");
    cpSync(fixture("keras-2.3.1-theano/seed_mlp.h5"), source);

    const error = await refusal(split(source, { out: old, force: true }));

    expect(error.code).toBe("TARGET_EXISTS");
    expect(readdirSync(old)).toEqual(["model_weights.h5"]);
  });
});

describe("recombine", () => {
  test("never writes over a part it reads, even with force", async () => {
    const copy = copyOfParts();
    const [architecture, weights] = ["architecture.json", "model.weights.h5"].map((name) =>
      join(copy, name),
    ) as [string, string];
    const out = join(copy, "link.keras");
    symlinkSync(weights, out);

    const error = await refusal(recombine({ architecture, weights }, { out, force: true }));

    expect(error.code).toBe("TARGET_EXISTS");
    expect((await verify(copy)).ok).toBe(true);
  });

  test.each([
    ["weights given as training state", "model.weights.h5", "MISMATCH"],
    ["JSON given as training state", "architecture.json", "NOT_A_MODEL"],
  ])("refuses %s", async (_, training, code) => {
    const part = (name: string): string => join(parts, name);
    const input = {
      architecture: part("architecture.json"),
      weights: part("model.weights.h5"),
      training: part(training),
    };

    const error = await refusal(recombine(input, { out: join(folder, "y.keras") }));

    expect(error.code).toBe(code);
  });

  test("refuses a file given as the folder of assets", async () => {
    const part = (name: string): string => join(parts, name);
    const input = {
      architecture: part("architecture.json"),
      weights: part("model.weights.h5"),
      assets: part("training.h5"),
    };

    const error = await refusal(recombine(input, { out: join(folder, "y.keras") }));

    expect(error.code).toBe("IO");
  });

  test("refuses weights of another model, with every variable in the report", async () => {
    const copy = copyOfParts();
    const other = join(folder, "other");
    await split(fixture("keras-3.15.1-jax/trained_adam.keras"), { out: other });
    cpSync(join(other, "model.weights.h5"), join(copy, "model.weights.h5"));
    const out = join(folder, "mixed.keras");

    const error = await refusal(recombine({ folder: copy }, { out }));

    expect(error).toBeInstanceOf(MismatchError);
    expect((error as MismatchError).match.counts.problems).toBeGreaterThan(0);
    expect(existsSync(out)).toBe(false);
  });

  test("says which artifacts are not as they were, a single byte counting", async () => {
    const copy = copyOfParts();
    flip(join(copy, "model.weights.h5"), -10);

    const { changed } = await recombine({ folder: copy }, { out: join(folder, "flipped.keras") });
    const intact = await recombine({ folder: parts }, { out: join(folder, "intact.keras") });

    expect(changed).toEqual(["model.weights.h5"]);
    expect(intact.changed).toEqual([]);
  });

  test("refuses weights of the other family", async () => {
    const copy = copyOfParts();
    cpSync(fixture("keras-2.3.1-theano/seed_mlp.h5"), join(copy, "model.weights.h5"));

    const error = await refusal(recombine({ folder: copy }, { out: join(folder, "x.keras") }));

    expect(error.code).toBe("MISMATCH");
  });

  test("takes an architecture that was changed where the weights still fit", async () => {
    const copy = copyOfParts();
    edit(join(copy, "architecture.json"), '"activation": "relu"', '"activation": "gelu"');
    const out = join(folder, "gelu.keras");

    const { changed } = await recombine({ folder: copy }, { out });
    const inspection = await inspect(out);

    expect(changed).toEqual(["architecture.json"]);
    expect(inspection.training?.config).toContain("sgd");
    expect(readFileSync(out).includes(Buffer.from('"activation": "gelu"'))).toBe(true);
  });

  test("carries what did not fit in the model it was split from", async () => {
    const broken = join(folder, "broken.keras");
    await writeModelWithOtherUnits(broken);
    const out = join(folder, "broken");
    const { manifest } = await split(broken, { out });

    const result = await recombine({ folder: out }, { out: join(folder, "again.keras") });

    expect(manifest.findings.length).toBeGreaterThan(0);
    expect(result.findings).toEqual(manifest.findings);
  });

  test("refuses weights of Keras 0.x, which has no model files", async () => {
    const [architecture, weights] = ["arch.json", "legacyw.h5"].map((end) =>
      fixture(`keras-0.3.3-theano/seed_mlp.${end}`),
    ) as [string, string];

    const error = await refusal(
      recombine({ architecture, weights }, { out: join(folder, "x.h5") }),
    );

    expect(error.message).toContain("Keras 0.x");
  });
});

describe("verify", () => {
  test.each([
    ["a changed byte", "artifacts", (copy: string) => flip(join(copy, "model.weights.h5"), -10)],
    [
      "a shorter file",
      "artifacts",
      (copy: string) => truncateSync(join(copy, "architecture.json"), 100),
    ],
    [
      "a tensor that the manifest lacks",
      "tensors",
      (copy: string) =>
        edit(
          join(copy, "manifest.json"),
          '"path": "layers/dense/vars/0"',
          '"path": "layers/dense/vars/9"',
        ),
    ],
    [
      "another shape in the manifest",
      "tensors",
      (copy: string) => edit(join(copy, "manifest.json"), '"float32"', '"float64"'),
    ],
  ])("finds %s", async (_, name, damage) => {
    const copy = copyOfParts();
    damage(copy);

    const { ok, checks } = await verify(copy);

    expect(ok).toBe(false);
    expect(checks.find((check) => check.name === name)?.problems).not.toEqual([]);
  });

  test("finds a tensor that is another one in the model", async () => {
    const other = join(folder, "other-model.keras");
    const copy = copyOfParts();
    edit(join(copy, "architecture.json"), '"units": 32', '"units": 32 ');
    await recombine({ folder: copy }, { out: other });

    const { ok, checks } = await verify(parts, { against: other });

    expect(ok).toBe(false);
    expect(checks.filter(({ problems }) => problems.length > 0).map(({ name }) => name)).toEqual([
      "architecture",
    ]);
  });

  test("refuses a folder that lacks an artifact, and a manifest that leads out of it", async () => {
    const [incomplete, escaping] = [copyOfParts(), copyOfParts()];
    rmSync(join(incomplete, "training.h5"));
    edit(join(escaping, "manifest.json"), '"file": "training.h5"', '"file": "../training.h5"');

    expect((await refusal(verify(incomplete))).code).toBe("NOT_FOUND");
    expect((await refusal(verify(escaping))).message).toContain("state.file");
  });
});

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[bytes.length + at]! ^= 0xff;
  writeFileSync(path, bytes);
}
