import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cat } from "#shared/cat.ts";
import { inspect } from "#shared/inspect.ts";
import { recombine } from "#shared/recombine.ts";
import { split } from "#shared/split.ts";
import { verify } from "#shared/verify.ts";
import { fixture } from "../support/fixtures.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { cases, pathOf } from "./cases.ts";

const folder = temporaryFolder();
const out = join(folder, "out");
const weights = fixture("keras-3.15.1-jax/nested_seq_in_fn.weights.h5");
const architecture = join(folder, "parts", "architecture.json");
const model = fixture("keras-3.15.1-jax/classic.keras");

const verbs: readonly [string, (path: string) => Promise<unknown>][] = [
  ["inspect", inspect],
  ["split", (path) => split(path, { out })],
  ["cat", (path) => cat(path, "*")],
  ["verify --against", (against) => verify(join(folder, "parts"), { against })],
  ["recombine --weights", (path) => recombine({ architecture, weights: path }, { out })],
  ["recombine --architecture", (path) => recombine({ architecture: path, weights }, { out })],
];

const foreign = cases.filter(({ id }) =>
  ["lfs-pointer-keras", "html-page-h5", "gzip-of-h5", "savedmodel-pb", "seven-zip"].includes(id),
);

describe.each(verbs)("%s calls a foreign file what it is:", (_, verb) => {
  test.each(foreign)("$id", async (given) => {
    await split(model, { out: join(folder, "parts"), force: true });

    await expect(verb(pathOf(given))).rejects.toMatchObject({
      name: "CleaveError",
      message: expect.stringContaining(given.must_mention![0]!) as string,
    });
  });
});
