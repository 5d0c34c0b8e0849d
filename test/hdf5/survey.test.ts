import { readFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { memoryRange } from "#shared/bytes/memory-source.ts";
import { layOutHdf5 } from "#shared/hdf5/lay-out.ts";
import { readHdf5 } from "#shared/hdf5/read.ts";
import { surveyTruncated, type Survey } from "#shared/hdf5/survey.ts";
import { allDatasets } from "#shared/hdf5/tree.ts";
import { layoutBytes } from "../support/hdf5-files.ts";
import { libhdf5File, patched, superblock } from "../support/hdf5-raw.ts";
import { dataset, group } from "../support/hdf5-trees.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();
const layers = 80;
const tensors = 2 * layers;
let ours: Uint8Array;
let grown: Buffer;
let latest: Buffer;

beforeAll(async () => {
  const named = Array.from({ length: layers }, (_, index) => `conv2d_${index}`);
  const vars = (): ReturnType<typeof group> => group({ 0: dataset([3, 3, 8]), 1: dataset([8]) });
  const tree = group({ layers: group(named.map((name) => [name, group({ vars: vars() })])) });
  ours = await layoutBytes(layOutHdf5(tree));
  const fill: Parameters<typeof libhdf5File>[1] = (file) => {
    const all = file.create_group("layers");
    for (const name of named) {
      const inner = all.create_group(name).create_group("vars");
      inner.create_dataset({ name: "0", data: new Float32Array(720) });
      inner.create_dataset({ name: "1", data: new Float32Array(80) });
    }
  };
  grown = await libhdf5File(folder, fill);
  latest = await libhdf5File(folder, fill, { libver: "v110" });
});

async function survey(bytes: Uint8Array, size: number): Promise<Survey | undefined> {
  return surveyTruncated(memoryRange("cut", bytes.subarray(0, size)));
}

/** Where the values of each dataset end. */
async function ends(bytes: Uint8Array): Promise<number[]> {
  const datasets = allDatasets(await readHdf5(memoryRange("whole", bytes)));
  return datasets.map(({ node }) => {
    if (!("offset" in node.data)) throw new Error("no strings here");
    return node.data.offset + node.data.length;
  });
}

test("a file with all its metadata in front loses exactly the tensors behind the cut", async () => {
  const values = await ends(ours);
  const firstValue = Math.min(...values) - 3 * 3 * 8 * 4;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: firstValue, max: ours.length - 1 }), async (size) => {
      expect(await survey(ours, size)).toEqual({
        stated: ours.length,
        found: size,
        complete: values.filter((end) => end <= size).length,
        datasets: tensors,
        isPartial: false,
      });
    }),
    { numRuns: 30 },
  );
});

describe("a file that grew layer by layer, as h5py writes it,", () => {
  test("keeps most tensors in front of the cut, though names and nodes behind it are lost", async () => {
    const values = await ends(grown);
    for (const part of [0.3, 0.5, 0.8, 0.99]) {
      const size = Math.floor(grown.length * part);
      const inFront = values.filter((end) => end <= size).length;
      const { complete, datasets, isPartial } = (await survey(grown, size))!;

      expect(complete).toBeLessThanOrEqual(inFront);
      expect(complete).toBeGreaterThan(0.6 * inFront);
      expect(datasets).toBeLessThanOrEqual(tensors);
      expect(isPartial || datasets === tensors).toBe(true);
    }
  });

  test("never counts a tensor as complete that is not, wherever it is cut", async () => {
    for (const bytes of [grown, latest]) {
      const values = await ends(bytes);
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 96, max: bytes.length - 1 }), async (size) => {
          const { complete, datasets } = (await survey(bytes, size))!;

          expect(complete).toBeLessThanOrEqual(values.filter((end) => end <= size).length);
          expect(complete).toBeLessThanOrEqual(datasets);
          expect(datasets).toBeLessThanOrEqual(tensors);
        }),
        { numRuns: 50 },
      );
    }
  });
});

test("a file that has all its bytes, or is no HDF5 at all, is not surveyed", async () => {
  expect(await survey(grown, grown.length)).toBeUndefined();
  expect(await survey(latest, latest.length)).toBeUndefined();
  expect(await survey(Buffer.alloc(500, "text "), 500)).toBeUndefined();
});

test.each([
  "btree-loop.weights.h5",
  "btree-loop-two.weights.h5",
  "hard-link-cycle.weights.h5",
  "ohdr-continuation-loop-root.h5",
  "overlap-tensors.weights.h5",
  "shape-bomb-chunked.weights.h5",
])("%s, said to be a petabyte, is surveyed in a moment", async (name) => {
  const bytes = readFileSync(new URL(`../hostile/${name}`, import.meta.url));
  const cut = patched(bytes, superblock.endOfFile, 2n ** 50n, 64);

  const started = performance.now();
  const found = await surveyTruncated(memoryRange(name, cut));

  expect(found).toMatchObject({ stated: 2 ** 50, found: bytes.length });
  expect(performance.now() - started).toBeLessThan(1000);
});
