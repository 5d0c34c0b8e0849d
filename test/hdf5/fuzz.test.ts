import { readFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { CleaveError } from "#shared/errors.ts";
import { layOutHdf5 } from "#shared/hdf5/lay-out.ts";
import { fixture } from "../support/fixtures.ts";
import { hdf5Within, readBytes } from "../support/hdf5-files.ts";
import { libhdf5File, patched } from "../support/hdf5-raw.ts";
import { temporaryFolder } from "../support/temporary.ts";

/** Far above what any of these files takes, far below what a loop would. */
const longest = 2000;

const folder = temporaryFolder();
const fixtures = [
  "keras-1.2.2-theano/mlp_uncompiled.h5",
  "tf_keras-2.21.0/string_weights.weights.h5",
  "keras-3.15.1-jax/seed_mlp.keras",
];
const formats = ["v110", "latest"] as const;
const files = new Map<string, Uint8Array>();

beforeAll(async () => {
  for (const name of fixtures) files.set(name, await hdf5Within(name, readFileSync(fixture(name))));
  for (const libver of formats) {
    const bytes = await libhdf5File(
      folder,
      (file) => {
        for (let index = 0; index < 20; index += 1) file.create_group(`layer ${index}`);
        file.create_attribute("backend", "jax");
        file.create_dataset({ name: "kernel", data: new Float32Array(6), shape: [2, 3] });
      },
      { libver },
    );
    files.set(libver, bytes);
  }
});

/** Reads damaged bytes; whatever is neither a tree nor a refusal fails the test. */
async function readDamaged(bytes: Uint8Array): Promise<void> {
  const start = performance.now();
  try {
    layOutHdf5(await readBytes(bytes));
  } catch (error) {
    if (!(error instanceof CleaveError)) throw error;
  }
  expect(performance.now() - start).toBeLessThan(longest);
}

const file = fc.constantFrom(...fixtures, ...formats);

/** A place as a share of the file; structures are dense at its start. */
const place = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  fc.double({ min: 0, max: 0.1, noNaN: true }),
);
const extremes = [0n, 1n, 8n, 96n, 0xffffn, 0xffff_ffffn, 2n ** 32n, 2n ** 53n, 2n ** 63n, -1n];

describe("a damaged file is refused as such or read, nothing else and at once:", () => {
  test("bits flipped", async () => {
    const flips = fc.array(fc.tuple(place, fc.nat(7)), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(file, flips, async (name, bits) => {
        const bytes = Buffer.from(files.get(name)!);
        for (const [where, bit] of bits) bytes[Math.floor(where * bytes.length)]! ^= 1 << bit;

        await readDamaged(bytes);
      }),
      { numRuns: 1500 },
    );
  });

  test("numbers replaced by extreme ones, or by those of other places", async () => {
    const value = fc.oneof(fc.constantFrom(...extremes), place);
    const changes = fc.array(fc.tuple(place, value), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(file, changes, async (name, fields) => {
        let bytes: Buffer = Buffer.from(files.get(name)!);
        const at = (where: number): number => Math.floor((where * (bytes.length - 8)) / 8) * 8;
        for (const [where, found] of fields) {
          const number = typeof found === "bigint" ? found : at(found);
          bytes = patched(bytes, at(where), number, 64);
        }

        await readDamaged(bytes);
      }),
      { numRuns: 1500 },
    );
  });

  test("pages of zeros, and structures moved over others", async () => {
    const blocks = fc.array(fc.tuple(place, place, fc.constantFrom(8, 40, 512, 4096)), {
      minLength: 1,
      maxLength: 2,
    });
    await fc.assert(
      fc.asyncProperty(file, blocks, fc.boolean(), async (name, moves, zeros) => {
        const bytes = Buffer.from(files.get(name)!);
        for (const [to, from, length] of moves) {
          const [target, start] = [to, from].map((where) => Math.floor(where * bytes.length));
          if (zeros) bytes.fill(0, target, Math.min(target! + length, bytes.length));
          else bytes.copy(bytes, target, start, start! + length);
        }

        await readDamaged(bytes);
      }),
      { numRuns: 700 },
    );
  });

  test("files cut anywhere, with an end of file that agrees", async () => {
    const endOfFile = { old: 40, newer: 28 };
    await fc.assert(
      fc.asyncProperty(file, place, async (name, where) => {
        const whole = files.get(name)!;
        const cut = Buffer.from(whole.subarray(0, Math.floor(where * whole.length)));
        const at = whole[8] === 0 ? endOfFile.old : endOfFile.newer;

        await readDamaged(cut);
        if (cut.length > 96) await readDamaged(patched(cut, at, cut.length, 64));
      }),
      { numRuns: 700 },
    );
  });
});
