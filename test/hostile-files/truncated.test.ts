import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { memorySource } from "#shared/bytes/memory-source.ts";
import { CleaveError } from "#shared/errors.ts";
import { layOutHdf5 } from "#shared/hdf5/lay-out.ts";
import { readModel } from "#shared/keras/read-model.ts";
import { OpenFiles } from "#shared/stores/open-files.ts";
import { fixture } from "../support/fixtures.ts";
import { layoutBytes } from "../support/hdf5-files.ts";
import { dataset, group } from "../support/hdf5-trees.ts";
import { zipArchive } from "../support/zip.ts";

const files = new OpenFiles();
afterAll(() => files.close());

async function refusalOf(bytes: Uint8Array): Promise<string> {
  const error = await readModel(memorySource("model", bytes), files).catch(
    (found: unknown) => found,
  );
  expect(error).toBeInstanceOf(CleaveError);
  return (error as CleaveError).message;
}

const layers = Array.from({ length: 80 }, (_, index) => `dense_${index}`);
const weights = await layoutBytes(
  layOutHdf5(
    group({
      layers: group(
        layers.map((name) => [
          name,
          group({ vars: group({ 0: dataset([32]), 1: dataset([32]) }) }),
        ]),
      ),
    }),
  ),
);
const valueBytes = 160 * 32 * 4;

describe("what is left of a file that was cut is said in bytes and tensors", () => {
  test("of HDF5", async () => {
    const size = weights.length - valueBytes + 14 * 32 * 4 + 5;

    const sizes = [size, weights.length].map((bytes) => bytes.toLocaleString("en-US")).join(" of ");
    expect(await refusalOf(weights.subarray(0, size))).toContain(
      `Truncated: ${sizes} bytes; 14 of 160 tensors are complete.`,
    );
  });

  test("of weights within an intact archive", async () => {
    const archive = zipArchive([
      { name: "config.json", content: Buffer.from("{}") },
      { name: "model.weights.h5", content: weights.subarray(0, weights.length - 1) },
    ]);

    expect(await refusalOf(archive)).toMatch(
      /model\.weights\.h5: Truncated: .* bytes; 159 of 160 tensors are complete/,
    );
  });

  test("of an archive, its weights being the member that was cut", async () => {
    const archive = zipArchive([
      { name: "config.json", content: Buffer.from("{}") },
      { name: "model.weights.h5", content: weights },
    ]);
    const start = archive.indexOf("\x89HDF", 0, "latin1");

    const message = await refusalOf(archive.subarray(0, start + weights.length - 129));

    expect(message).toContain('Complete: "config.json".');
    expect(message).toMatch(
      /"model\.weights\.h5" lacks 129 of its [\d,]+ bytes; 158 of 160 tensors/,
    );
  });

  test("of an archive that lost its directory alone", async () => {
    const archive = readFileSync(fixture("keras-3.15.1-jax/classic.keras"));

    const message = await refusalOf(archive.subarray(0, archive.length - 30));

    expect(message).toMatch(/within the directory.*All \d members are complete.*zip -FF/);
  });
});

test.each(["keras-3.15.1-jax/classic.keras", "keras-2.3.1-theano/seed_mlp.h5"])(
  "%s is called truncated wherever it is cut",
  async (name) => {
    const whole = readFileSync(fixture(name));
    const sizes = [...Array(120).keys()].slice(1).concat(whole.length - 1, whole.length - 21);
    for (const size of sizes) {
      expect(await refusalOf(whole.subarray(0, size)), `${size} bytes`).toMatch(/truncated/i);
    }
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: whole.length - 1 }), async (size) => {
        expect(await refusalOf(whole.subarray(0, size))).toMatch(/truncated/i);
      }),
      { numRuns: 60 },
    );
  },
);
