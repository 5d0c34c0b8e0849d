import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { CleaveError } from "#shared/errors.ts";
import { inspect } from "#shared/inspect.ts";
import type { KerasModel } from "#shared/keras/model.ts";
import { openModel } from "#shared/keras/open-model.ts";
import { recombine } from "#shared/recombine.ts";
import { split } from "#shared/split.ts";
import { OpenFiles } from "#shared/stores/open-files.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { cases, pathOf, type HostileCase, type Outcome } from "./cases.ts";
import { digest } from "./digest.ts";

const folder = temporaryFolder();
const files = new OpenFiles();
afterAll(() => files.close());

/** What cannot be read whole, and why. */
const cannotBeRead: Readonly<Record<string, string>> = {
  "lzf-weights": "LZF is a filter of h5py's own; libhdf5 as h5wasm has it does not know it",
};

interface Found {
  readonly outcome: Outcome;
  /** The refusal or the findings. */
  readonly said: string;
}

/** Every verb that takes the file: weights alone are not for split, which says so. */
async function run(path: string, out: string, weightsAreEnough: boolean): Promise<Found> {
  try {
    const { findings, kind } = await inspect(path);
    if (kind === "model" || !weightsAreEnough) await throughSplit(path, out);
    const said = findings.map(({ problem, message }) => `${problem}: ${message}`).join("\n");
    return { outcome: said === "" ? "work" : "flag", said };
  } catch (error) {
    if (!(error instanceof CleaveError)) throw error;
    return { outcome: "reject", said: error.message };
  }
}

async function throughSplit(path: string, out: string): Promise<void> {
  const { manifest } = await split(path, { out });
  const name = manifest.model.family === "v3" ? "again.keras" : "again.h5";
  await recombine({ folder: out }, { out: join(out, name) });
}

async function read(path: string): Promise<KerasModel> {
  return (await openModel(path, files)).model;
}

describe("a file comes out as it must, and what is said of it names the cause:", () => {
  test.each(cases)("$id: $what", async (given: HostileCase) => {
    const out = join(folder, given.id);
    const right = [given.expected, ...(given.also_ok ?? [])];

    const { outcome, said } = await run(pathOf(given), out, given.expected === "work");

    expect(right, `it said: ${said}`).toContain(outcome);
    if (outcome === "work") return;
    for (const word of given.must_mention ?? []) {
      expect(said.toLowerCase()).toContain(word.toLowerCase());
    }
  });
});

describe("nothing is lost or changed in a file that is right:", () => {
  const right = cases.filter(({ id, truth }) => truth && !(id in cannotBeRead));

  test.each(right)("$id: $what", async (given) => {
    const out = join(folder, `${given.id}-whole`);
    const model = await read(pathOf(given));

    expect(await digest(model)).toEqual(given.truth);
    if (model.architecture === null) return;
    await throughSplit(pathOf(given), out);
    const again = await read(join(out, model.family === "v3" ? "again.keras" : "again.h5"));
    expect(await digest(again)).toEqual(given.truth);
    for (const spelling of given.must_keep_in_config ?? []) {
      expect(readFileSync(join(out, "architecture.json"), "utf8")).toContain(spelling);
      expect(again.architecture).toContain(spelling);
    }
  });
});

test("what cannot be read whole is refused, so that nothing is lost in silence", async () => {
  for (const given of cases.filter(({ id }) => id in cannotBeRead)) {
    const { outcome } = await run(pathOf(given), join(folder, `${given.id}-refused`), true);

    expect(outcome).toBe("reject");
  }
});
