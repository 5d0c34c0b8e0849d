import { join } from "node:path";
import { expect, test } from "vitest";
import { split } from "#shared/split.ts";
import { verify } from "#shared/verify.ts";
import { allCases, pathOf } from "../hostile-files/cases.ts";
import { fixture } from "../support/fixtures.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();

test("NaN in weights is found where it is looked for, and named with its tensor", async () => {
  const out = join(folder, "nan");
  await split(pathOf(allCases.find(({ id }) => id === "nan-weights-keras")!), { out });

  const looked = await verify(out, { statistics: true });

  expect((await verify(out)).ok).toBe(true);
  expect(looked.ok).toBe(false);
  const numbers = looked.checks.find(({ name }) => name === "numbers")!;
  expect(numbers.problems[0]).toMatch(/^layers\/\S+\/vars\/\d+: of \d+ numbers, \d+ NaN/);
});

test("weights without NaN pass, all of them looked at", async () => {
  const out = join(folder, "sound");
  const { manifest } = await split(fixture("keras-3.15.1-jax/classic.keras"), { out });

  const { ok, checks } = await verify(out, { statistics: true });

  const { compared } = checks.find(({ name }) => name === "numbers")!;
  const { tensors } = manifest.weights;
  expect(ok).toBe(true);
  expect(compared).toBe(tensors.length + (manifest.training?.state?.tensors.length ?? 0));
});
