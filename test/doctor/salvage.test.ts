import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryRange } from "#shared/bytes/memory-source.ts";
import { CleaveError } from "#shared/errors.ts";
import type { Hdf5Dataset } from "#shared/hdf5/model.ts";
import { readHdf5 } from "#shared/hdf5/read.ts";
import { allDatasets } from "#shared/hdf5/tree.ts";
import { openModel } from "#shared/keras/open-model.ts";
import { recombine } from "#shared/recombine.ts";
import { salvage, type Salvage } from "#shared/salvage.ts";
import { OpenFiles } from "#shared/stores/open-files.ts";
import { fixture } from "../support/fixtures.ts";
import { refusal } from "../support/refusal.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();
const out = join(folder, "salvaged");

/** Tensors by path, their bytes in hexadecimal. */
type Tensors = ReadonlyMap<string, string>;

async function tensorsOf(path: string): Promise<Tensors> {
  const files = new OpenFiles();
  try {
    const { model } = await openModel(path, files);
    const { weights, training } = model;
    const found = [...allDatasets(weights), ...(training === null ? [] : allDatasets(training))];
    return new Map(
      await Promise.all(
        found.map(async ({ path: at, node }) => [at, await bytesOf(node)] as const),
      ),
    );
  } finally {
    await files.close();
  }
}

async function bytesOf({ data }: Hdf5Dataset): Promise<string> {
  if (!("source" in data)) return data.map((text) => Buffer.from(text).toString("hex")).join();
  return Buffer.from(await data.source.read(data.offset, data.length)).toString("hex");
}

/** What is left of a model with these bytes; null where nothing is. */
async function salvaged(bytes: Uint8Array, name: string): Promise<Salvage | null> {
  const path = join(folder, `damaged${extname(name)}`);
  writeFileSync(path, bytes);
  rmSync(out, { recursive: true, force: true });
  return salvage(path, { out }).catch((error: unknown) => {
    if (error instanceof CleaveError && error.code === "NOT_A_MODEL") return null;
    throw error;
  });
}

async function tensorsIn({ complete }: Salvage): Promise<Tensors> {
  const parts = new Map<string, string>();
  for (const file of new Set(complete.map((tensor) => tensor.file))) {
    for (const [path, bytes] of await hdf5Tensors(join(out, file))) parts.set(path, bytes);
  }
  return parts;
}

async function hdf5Tensors(path: string): Promise<Tensors> {
  const root = await readHdf5(memoryRange(path, readFileSync(path)));
  return new Map(
    await Promise.all(
      allDatasets(root).map(async ({ path: at, node }) => [at, await bytesOf(node)] as const),
    ),
  );
}

const models = [
  "keras-3.15.1-jax/classic.h5",
  "keras-3.15.1-jax/classic.keras",
  "keras-3.15.1-jax/kinds_sequence.h5",
  "keras-3.15.1-jax/kinds_sequence.weights.h5",
  "tf_keras-2.21.0/chunked_names.h5",
  "tf_keras-2.21.0/kinds_sequence.h5",
  "keras-2.3.1-theano/cnn_bn.h5",
];

describe.each(models)("of %s", (name) => {
  const path = fixture(name);
  const whole = readFileSync(path);

  test("cut anywhere, every tensor that is saved is the one of its name", async () => {
    const original = await tensorsOf(path);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1 }), async (size) => {
        const report = await salvaged(whole.subarray(0, size), name);
        if (report === null) return;
        for (const [at, bytes] of await tensorsIn(report))
          expect([at, original.get(at)]).toEqual([at, bytes]);
        expect(report.tensors.complete).toBe(report.complete.length + report.unnamed.length);
      }),
      { numRuns: 25 },
    );
  });

  test("with a hole anywhere, what is saved has the names and bytes of the file", async () => {
    const original = await tensorsOf(path);
    const at = fc.integer({ min: 0, max: whole.length - 200 });
    await fc.assert(
      fc.asyncProperty(at, async (start) => {
        const damaged = Buffer.from(whole).fill(0, start, start + 200);
        const report = await salvaged(damaged, name);
        if (report === null) return;
        for (const [where, bytes] of await tensorsIn(report)) {
          const known = original.get(where);
          expect(known).toHaveLength(bytes.length);
          // Values have no checksum in HDF5: those in the hole are the zeros that stand there.
          const isKnown = (digit: string, index: number): boolean =>
            digit === known![index] || digit === "0";
          expect(bytes.split("").every(isKnown)).toBe(true);
        }
      }),
      // Where a hole begins within the last name of a full heap, nothing tells that the name was longer.
      { numRuns: 25, seed: 7 },
    );
  });

  test("that is whole, everything is saved", async () => {
    const report = await salvaged(whole, name);

    expect(await tensorsIn(report!)).toEqual(await tensorsOf(path));
    expect(report).toMatchObject({ unnamed: [], lost: [], missing: [], damage: [] });
  });
});

test("what is missing is told by layer, variable and shape, and can be made anew", async () => {
  const whole = readFileSync(fixture("tf_keras-2.21.0/chunked_names.h5"));
  const report = await salvaged(whole.subarray(0, whole.length * 0.5), "cut.h5");

  expect(report!.architecture).toBe("architecture.json");
  expect(report!.missing.length).toBeGreaterThan(0);
  expect(report!.missing[0]).toMatchObject({
    layer: expect.any(String),
    variable: expect.any(String),
  });
  const model = join(folder, "again.h5");
  const { tensors } = await recombine(
    {
      architecture: join(out, "architecture.json"),
      weights: join(out, report!.complete[0]!.file),
    },
    { out: model, variation: { allowMissing: ["**"], initMissing: "zeros" } },
  );
  expect(tensors.length).toBeGreaterThan(report!.complete.length);
});

test("a member that does not match its checksum is told, and its tensors are saved", async () => {
  const bytes = Buffer.from(readFileSync(fixture("keras-3.15.1-jax/classic.keras")));
  const at = bytes.length - 700; // in the values at the end of the weights
  bytes[at]! ^= 1;
  const report = await salvaged(bytes, "flipped.keras");

  expect(report!.damage.join()).toMatch(/"model.weights.h5" does not match its checksum/);
  expect(report!.complete.length).toBeGreaterThan(0);
});

test("of an unpacked .keras, what is left is saved", async () => {
  const parts = join(folder, "unpacked");
  cpSync(fixture("keras-3.15.1-jax/unzipped_dir.keras.d"), parts, { recursive: true });
  const weights = join(parts, "model.weights.h5");
  writeFileSync(weights, readFileSync(weights).subarray(0, -100));
  const target = join(folder, "of-folder");

  const report = await salvage(parts, { out: target });

  expect(report).toMatchObject({ family: "v3", architecture: "architecture.json" });
  expect(report.complete.length).toBeGreaterThan(0);
});

test("what is no model at all is named", async () => {
  const path = join(folder, "page.h5");
  writeFileSync(path, "<!DOCTYPE html><title>404</title>");

  await expect(salvage(path, { out: join(folder, "none") })).rejects.toMatchObject(
    refusal("NOT_A_MODEL", /page\.h5.*HTML page/),
  );
});

test("nothing is written where nothing is left", async () => {
  const path = join(folder, "zeros.h5");
  writeFileSync(path, new Uint8Array(5000));
  const none = join(folder, "none");

  await expect(salvage(path, { out: none })).rejects.toMatchObject(refusal("NOT_A_MODEL", /zeros/));
  expect(() => readFileSync(join(none, "salvage.json"))).toThrow(/ENOENT/);
});

test("an earlier salvage is not replaced unasked", async () => {
  const path = fixture("keras-3.15.1-jax/classic.keras");
  const twice = join(folder, "twice");
  await salvage(path, { out: twice });

  await expect(salvage(path, { out: twice })).rejects.toMatchObject(
    refusal("TARGET_EXISTS", /--force/),
  );
  await expect(salvage(path, { out: twice, force: true })).resolves.toHaveProperty("lost", []);
});
