import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cat } from "#shared/cat.ts";
import { split } from "#shared/split.ts";
import { fixture } from "../support/fixtures.ts";
import { refusal } from "../support/refusal.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();
const model = fixture("keras-3.15.1-jax/classic.keras");
const legacy = fixture("keras-3.15.1-jax/classic.h5");

describe("a tensor is found", () => {
  test.each([
    ["by its path", model, "layers/dense/vars/0"],
    ["by its variable", model, "dense/kernel"],
    ["by its variable in a legacy file", legacy, "dense/kernel"],
  ])("%s", async (_, file, name) => {
    const found = await cat(file, name);

    expect(found).toEqual([
      expect.objectContaining({ variable: "dense/kernel", dtype: "float32", shape: [784, 32] }),
    ]);
  });

  test("with others by a glob, training state too", async () => {
    const variables = await cat(model, "*/bias");
    const state = await cat(model, "optimizer/**");

    expect(variables.map(({ variable }) => variable)).toEqual(["dense/bias", "dense_1/bias"]);
    expect(state.map(({ path }) => path)).toEqual(["optimizer/vars/0", "optimizer/vars/1"]);
  });

  test("in a split folder as in the model", async () => {
    const out = join(folder, "parts");
    await split(model, { out });

    expect(await cat(out, "**", { head: 5 })).toEqual(await cat(model, "**", { head: 5 }));
  });

  test("or the name is refused", async () => {
    await expect(cat(model, "dense/kernle")).rejects.toMatchObject(
      refusal("USAGE", /"dense\/kernle"/),
    );
  });
});

test("no more values are given than asked for, and those of the file", async () => {
  const [bias] = await cat(model, "dense_1/bias", { head: 3 });
  const [all] = await cat(model, "dense_1/bias", { head: 1000 });

  expect(bias!.values).toHaveLength(3);
  expect(all!.values).toHaveLength(10);
  expect(all!.values!.slice(0, 3)).toEqual(bias!.values);
});

test("values that are no JSON numbers, strings and other bytes can be shown", async () => {
  const nan = await cat(fixture("../hostile-files/nan-weights-keras.keras"), "**", { head: 99 });
  const words = await cat(fixture("../hostile/dtype-vlen-strings.weights.h5"), "**", { head: 1 });
  const bfloat16 = await cat(fixture("../hostile/dtype-bfloat16.keras"), "**", { head: 1 });

  expect(nan.flatMap(({ values }) => values)).toContain("NaN");
  expect(words.flatMap(({ values }) => values)).toContainEqual(expect.stringMatching(/\w/));
  expect(bfloat16[0]).toMatchObject({ dtype: "bfloat16", values: [expect.any(Number)] });
});

describe("a .npy file", () => {
  test("holds the tensor's bytes behind numpy's header", async () => {
    const npy = join(folder, "kernel.npy");

    await cat(model, "dense_1/kernel", { npy });

    const bytes = readFileSync(npy);
    const [kernel] = await cat(model, "dense_1/kernel", { head: 320 });
    const floats = Array.from({ length: 320 }, (_, index) => bytes.readFloatLE(128 + 4 * index));
    expect(bytes.length).toBe(128 + 1280);
    expect(floats).toEqual(kernel!.values);
  });

  test("is not made of several tensors, nor of strings, nor over another", async () => {
    const npy = join(folder, "never.npy");
    const words = fixture("../hostile/dtype-vlen-strings.weights.h5");
    const [{ path } = { path: "" }] = (await cat(words, "**")).filter(
      ({ dtype }) => dtype === "string",
    );

    await expect(cat(model, "**", { npy })).rejects.toMatchObject(refusal("USAGE", /several/));
    await expect(cat(words, path, { npy })).rejects.toMatchObject(refusal("USAGE", /pickle/));
    expect(existsSync(npy)).toBe(false);
    await cat(model, "dense/bias", { npy });
    await expect(cat(model, "dense/bias", { npy })).rejects.toMatchObject(
      refusal("TARGET_EXISTS", /never\.npy/),
    );
  });
});
