import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryRange } from "#shared/bytes/memory-source.ts";
import { wholeRange } from "#shared/bytes/range-source.ts";
import type { ByteRange } from "#shared/bytes/source.ts";
import { CleaveError } from "#shared/errors.ts";
import type { Hdf5Group } from "#shared/hdf5/model.ts";
import { readHdf5 } from "#shared/hdf5/read.ts";
import { allDatasets } from "#shared/hdf5/tree.ts";
import { unpackInto, type Unpack } from "#shared/hdf5/unpack.ts";
import { OpenFiles } from "#shared/stores/open-files.ts";
import { rangeBytes } from "../support/hdf5-judge.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();
const names = [
  "filters.h5",
  "filters-latest.h5",
  "indexes-v110.h5",
  "indexes-latest.h5",
  "attributes.h5",
  "repacked-all.h5",
];
const contents = new Map(
  names.map((name) => [
    name,
    readFileSync(fileURLToPath(new URL(`packed/${name}`, import.meta.url))),
  ]),
);

const change = fc.record({
  name: fc.constantFrom(...names),
  flips: fc.array(
    fc.tuple(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), fc.nat(7)),
    {
      minLength: 1,
      maxLength: 4,
    },
  ),
});

function damaged(name: string, flips: readonly (readonly [number, number])[]): Buffer {
  const bytes = Buffer.from(contents.get(name)!);
  for (const [where, bit] of flips) bytes[Math.floor(where * bytes.length)]! ^= 1 << bit;
  return bytes;
}

/** A tree, or null of a file that is refused; anything else that is thrown fails the test. */
async function readOrRefuse(range: ByteRange, unpack: Unpack): Promise<Hdf5Group | null> {
  const start = performance.now();
  try {
    return await readHdf5(range, unpack);
  } catch (error) {
    if (!(error instanceof CleaveError)) throw error;
    expect(error.code).not.toBe("INTERNAL");
    return null;
  } finally {
    expect(performance.now() - start).toBeLessThan(10_000);
  }
}

describe("a damaged packed file is refused as such or read, nothing else:", () => {
  test("its structure", async () => {
    const unpack: Unpack = ({ datasets }) =>
      Promise.resolve(
        datasets.map(({ length }) => memoryRange("none", new Uint8Array(Math.min(length, 1e6)))),
      );
    await fc.assert(
      fc.asyncProperty(change, async ({ name, flips }) => {
        await readOrRefuse(memoryRange(name, damaged(name, flips)), unpack);
      }),
      { numRuns: 600 },
    );
  });

  test("its values, of which a checksum or a length says that they are wrong", async () => {
    await fc.assert(
      fc.asyncProperty(change, async ({ name, flips }) => {
        const path = join(folder, "damaged.h5");
        writeFileSync(path, damaged(name, flips));
        const files = new OpenFiles();
        try {
          const range = wholeRange(await files.open(path));
          const tree = await readOrRefuse(range, unpackInto(files));
          for (const { node } of tree === null ? [] : allDatasets(tree)) {
            const count = node.shape!.reduce((product, length) => product * length, 1);
            const bytes = await rangeBytes(node.data as ByteRange);
            expect(bytes).toHaveLength(count * node.datatype.size);
          }
        } finally {
          await files.close();
        }
      }),
      { numRuns: 25 },
    );
  });
});

/** Where gzip's own checksum covers every value and the newer format's every structure. */
test("a flipped bit in checksummed, compressed values never gives other values", async () => {
  const name = "repacked-latest.h5";
  const content = readFileSync(fileURLToPath(new URL(`packed/${name}`, import.meta.url)));
  const texts = async (tree: Hdf5Group): Promise<string[]> =>
    Promise.all(
      allDatasets(tree).map(async ({ path, node }) => {
        const bytes = await rangeBytes(node.data as ByteRange);
        return `${path} ${node.shape} ${Buffer.from(bytes).toString("hex")}`;
      }),
    );
  const files = new OpenFiles();
  try {
    const intact = await readHdf5(memoryRange(name, content), unpackInto(files));
    const expected = (await texts(intact)).filter((text) => !text.startsWith("step "));
    const step = expected.length;
    expect(step).toBe(2);
    const place = fc.nat(content.length * 8 - 1);
    await fc.assert(
      fc.asyncProperty(place, async (bit) => {
        const bytes = Buffer.from(content);
        bytes[bit >> 3]! ^= 1 << (bit & 7);

        const tree = await readOrRefuse(memoryRange(name, bytes), unpackInto(files));

        if (tree === null) return;
        expect((await texts(tree)).filter((text) => !text.startsWith("step "))).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  } finally {
    await files.close();
  }
});
