import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { cat } from "#shared/cat.ts";
import { inspect } from "#shared/inspect.ts";
import { parseRenameRules } from "#shared/keras/variation/rename-rules.ts";
import type { VariedTensor } from "#shared/keras/variation/varied-tensor.ts";
import type { Variation } from "#shared/keras/variation/vary.ts";
import { MismatchError, recombine, type RecombineResult } from "#shared/recombine.ts";
import { split } from "#shared/split.ts";
import { fixture } from "../support/fixtures.ts";
import { refusal } from "../support/refusal.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();
const writers = [
  { family: "v3", model: fixture("keras-3.15.1-jax/classic.keras"), suffix: ".keras" },
  { family: "legacy", model: fixture("keras-3.15.1-jax/classic.h5"), suffix: ".h5" },
];
let count = 0;

beforeAll(async () => {
  for (const { family, model } of writers) await split(model, { out: join(folder, family) });
});

/** An architecture file of a family's model with these replacements in its text. */
function edited(family: string, ...edits: readonly [from: string, to: string][]): string {
  let text = readFileSync(join(folder, family, "architecture.json"), "utf8");
  for (const [from, to] of edits) {
    expect(text).toContain(from);
    text = text.replaceAll(from, to);
  }
  const path = join(folder, `architecture-${(count += 1)}.json`);
  writeFileSync(path, text);
  return path;
}

function vary(
  { family, suffix }: (typeof writers)[number],
  architecture: string,
  variation: Variation | undefined,
  dryRun = false,
): Promise<RecombineResult> {
  const out = join(folder, `out-${(count += 1)}${suffix}`);
  return recombine({ folder: join(folder, family), architecture }, { out, variation, dryRun });
}

function outcomes({ tensors }: RecombineResult): string[] {
  return tensors.map(describeOutcome);
}

function describeOutcome({ layer, variable, tensor, outcome, how, value }: VariedTensor): string {
  const name = layer === null ? tensor : `${layer}/${variable}`;
  return `${name} ${outcome} ${how ?? value ?? ""}`.trim();
}

function rules(from: string, to: string): Variation["rules"] {
  return parseRenameRules(JSON.stringify({ layers: [{ from, to }] }), "rules");
}

describe.each(writers)("of a $family model", (writer) => {
  const { family } = writer;
  const [first, second] = ["dense", "dense_1"];
  const fewer: [string, string] = ['"units": 10', '"units": 4'];
  const renamed: [string, string] = [`"${second}"`, '"head"'];

  test("another number of units is a mismatch unless it may be skipped", async () => {
    const refused = vary(writer, edited(family, fewer), undefined);

    await expect(refused).rejects.toBeInstanceOf(MismatchError);
  });

  test("what does not fit is left out, and starts as its initializer says", async () => {
    const variation = { skipMismatch: true, initMissing: "zeros" } as const;

    const result = await vary(writer, edited(family, fewer), variation);
    const inspection = await inspect(result.out);
    const [bias] = await cat(result.out, `${second}/bias`, { head: 9 });

    expect(outcomes(result)).toEqual([
      expect.stringMatching(`^${first}/kernel taken`),
      expect.stringMatching(`^${first}/bias taken`),
      `${second}/kernel initialised zeros`,
      `${second}/bias initialised zeros`,
    ]);
    expect(result.keepsTraining).toBe(false);
    expect(inspection).toMatchObject({ findings: [], training: { tensors: 0 } });
    expect(inspection.tensors.map(({ shape }) => shape)).toContainEqual([32, 4]);
    expect(bias!.values).toEqual([0, 0, 0, 0]);
  });

  test("random numbers are not made up where nothing says so", async () => {
    const refused = vary(writer, edited(family, fewer), { skipMismatch: true });

    await expect(refused).rejects.toMatchObject(
      refusal("MISMATCH", new RegExp(`${second}/kernel.*Glorot.*--init-missing`, "is")),
    );
  });

  test("the same seed gives the same kernel, another one another, within Glorot's limit", async () => {
    const architecture = edited(family, fewer);
    const kernel = async (seed: number): Promise<unknown[]> => {
      const variation = { skipMismatch: true, initMissing: "glorot", seed } as const;
      const { out } = await vary(writer, architecture, variation);
      const [found] = await cat(out, `${second}/kernel`, { head: 128, statistics: true });
      const limit = Math.sqrt(6 / (32 + 4));
      expect(found!.statistics).toMatchObject({ count: 128, zeros: 0, nan: 0 });
      expect(found!.statistics!.max).toBeLessThan(limit);
      expect(found!.statistics!.max).toBeGreaterThan(0.8 * limit);
      expect(found!.statistics!.min).toBeLessThan(-0.8 * limit);
      expect(Math.abs(found!.statistics!.mean!)).toBeLessThan(0.1);
      return [...found!.values!];
    };

    expect(await kernel(1)).toEqual(await kernel(1));
    expect(await kernel(1)).not.toEqual(await kernel(2));
  });

  test("by name, a layer of another name starts anew and the old one is unused", async () => {
    const variation = { byName: true, initMissing: "zeros" } as const;

    const result = await vary(writer, edited(family, renamed), variation);

    expect(outcomes(result).slice(0, 4)).toEqual([
      `${first}/kernel taken name`,
      `${first}/bias taken name`,
      "head/kernel initialised zeros",
      "head/bias initialised zeros",
    ]);
    expect(result.tensors.filter(({ outcome }) => outcome === "unused")).toHaveLength(2);
  });

  test("a rule says what a layer is called in the weights, and nothing is lost", async () => {
    const result = await vary(writer, edited(family, renamed), { rules: rules(second, "head") });
    const [ours] = await cat(result.out, "head/kernel", { head: 320 });
    const [theirs] = await cat(writer.model, `${second}/kernel`, { head: 320 });

    expect(outcomes(result)).toContain("head/kernel taken rule");
    expect(ours!.values).toEqual(theirs!.values);
  });

  test("two layers cannot become one", async () => {
    const refused = vary(writer, edited(family), { rules: rules("*", first) });

    await expect(refused).rejects.toMatchObject(refusal("MISMATCH", /would both become/));
  });

  test("a variable that may be missing is, others not", async () => {
    const architecture = edited(family, ['"use_bias": true', '"use_bias": false']);
    const bare = await vary(writer, architecture, {
      byName: true,
      skipMismatch: true,
      initMissing: "zeros",
    });
    const again = (allowMissing: readonly string[]): Promise<RecombineResult> => {
      const variation = { allowMissing };
      const out = join(folder, `out-${(count += 1)}${writer.suffix}`);
      return recombine({ architecture: writer.model, weights: bare.out }, { out, variation });
    };

    const allowed = await again(["*/bias"]);

    expect(outcomes(allowed)).toContain(`${first}/bias initialised zeros`);
    await expect(again([`${first}/bias`])).rejects.toMatchObject({
      findings: [{ problem: "missing", layer: second, variable: "bias" }],
    });
  });

  test("a dry run says the same and writes nothing", async () => {
    const variation = { byName: true, initMissing: "zeros" } as const;
    const architecture = edited(family, renamed);

    const dry = await vary(writer, architecture, variation, true);
    const wet = await vary(writer, architecture, variation);

    expect(existsSync(dry.out)).toBe(false);
    expect(dry).toMatchObject({ tensors: wet.tensors, size: wet.size, crc32: null });
  });
});

test("v3 weights without names say where names are to be had", async () => {
  const model = fixture("keras-3.0.5-tensorflow/seed_mlp.keras");
  const parts = join(folder, "nameless");
  await split(model, { out: parts });
  const [architecture, weights] = [
    join(parts, "architecture.json"),
    join(parts, "model.weights.h5"),
  ];
  const out = join(folder, "nameless.keras");

  const alone = recombine({ architecture, weights }, { out, variation: { byName: true } });
  const whole = recombine({ architecture, weights: model }, { out, variation: { byName: true } });

  await expect(alone).rejects.toMatchObject(refusal("MISMATCH", /names since 3\.6.*model file/s));
  expect((await whole).tensors.every(({ how }) => how === "name")).toBe(true);
});

test("a rule that fits nothing in the weights is an error, not a layer that starts anew", async () => {
  const [{ model }] = writers as [(typeof writers)[0]];
  const refused = recombine(
    { architecture: model, weights: model },
    {
      out: join(folder, "unruly.keras"),
      variation: { rules: rules("dens", "x"), initMissing: "zeros" },
    },
  );

  await expect(refused).rejects.toMatchObject(refusal("MISMATCH", /rule from "dens" fits nothing/));
});

test.each(writers)(
  "inputs of another size are a mismatch ($family)",
  async ({ family, suffix }) => {
    const path = join(folder, family, "architecture.json");
    const text = readFileSync(path, "utf8").replaceAll("784", "785");
    const architecture = join(folder, `wider-${family}.json`);
    writeFileSync(architecture, text);

    const out = join(folder, `wider${suffix}`);
    const refused = recombine({ folder: join(folder, family), architecture }, { out });

    await expect(refused).rejects.toMatchObject({
      findings: [expect.objectContaining({ problem: "shape", layer: "dense", variable: "kernel" })],
    });
  },
);
