import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { layOutHdf5 } from "#shared/hdf5/lay-out.ts";
import type { Hdf5Group, Hdf5Node } from "#shared/hdf5/model.ts";
import { layoutBytes, readBytes } from "../support/hdf5-files.ts";
import { inLittleEndian } from "./in-little-endian.ts";
import { seenByLibhdf5, seenByUs } from "../support/hdf5-judge.ts";
import {
  bytesAttribute,
  contents,
  dataset,
  float64,
  group,
  names,
  strings,
  text,
  trees,
} from "../support/hdf5-trees.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();

async function expectRoundTrip(tree: Hdf5Group): Promise<void> {
  await roundTrip(tree);
}

async function roundTrip(tree: Hdf5Group): Promise<Uint8Array> {
  const layout = layOutHdf5(tree);
  const bytes = await layoutBytes(layout);

  expect(bytes).toHaveLength(layout.size);
  expect(await contents(await readBytes(bytes))).toEqual(
    await contents(await inLittleEndian(tree)),
  );
  return bytes;
}

async function expectJudged(tree: Hdf5Group): Promise<void> {
  const path = join(folder, "judged.h5");
  writeFileSync(path, await roundTrip(tree));

  expect(await seenByLibhdf5(path)).toEqual(await seenByUs(tree));
}

test("any tree is read as it was written", async () => {
  await fc.assert(fc.asyncProperty(trees, expectRoundTrip));
});

test("any tree that is written is seen by libhdf5 as it was meant", async () => {
  await fc.assert(fc.asyncProperty(trees, expectJudged), { numRuns: 15 });
});

test("a tree that was read gives the bytes it was read from", async () => {
  await fc.assert(
    fc.asyncProperty(trees, async (tree) => {
      const bytes = await layoutBytes(layOutHdf5(await inLittleEndian(tree)));

      const again = await layoutBytes(layOutHdf5(await readBytes(bytes)));

      expect(Buffer.compare(again, bytes)).toBe(0);
    }),
    { numRuns: 50 },
  );
});

test("the order in which children were added changes no byte", async () => {
  const children = fc.uniqueArray(names, { minLength: 2, maxLength: 40 });
  const orders = children.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  );
  const ofNames = (list: readonly string[]): Hdf5Group =>
    group(list.map((name) => [name, dataset([Buffer.byteLength(name)])]));
  await fc.assert(
    fc.asyncProperty(orders, async ([one, other]) => {
      const first = await layoutBytes(layOutHdf5(ofNames(one)));
      const second = await layoutBytes(layOutHdf5(ofNames(other)));

      expect(Buffer.compare(first, second)).toBe(0);
    }),
    { numRuns: 30 },
  );
});

describe("a group's B-tree is whole at the sizes where it grows a node or a level:", () => {
  const leaf = 8;
  const oneLevel = 8 * 32;
  const twoLevels = 8 * 32 * 32;
  const sizes = [0, 1, leaf, leaf + 1, oneLevel, oneLevel + 1, twoLevels, twoLevels + 1];

  test.each(sizes)("%d children", async (size) => {
    const children = Array.from({ length: size }, (_, index): [string, Hdf5Node] => [
      `v${index}`,
      index % 7 === 0 ? group() : dataset(null),
    ]);

    await expectJudged(group({ of: group(children) }));
  });
});

test("a child that JavaScript objects would lose keeps its name, its place and its values", async () => {
  const inner = group(new Map([["__proto__", dataset([2])]]));

  const bytes = await roundTrip(group(new Map([["__proto__", inner]])));

  const outer = (await readBytes(bytes)).children.get("__proto__");
  expect(outer).toMatchObject({ kind: "group" });
  expect((outer as Hdf5Group).children.get("__proto__")).toMatchObject({ shape: [2] });
});

test("a name keeps the byte order mark it starts with", async () => {
  await expectRoundTrip(group({ "\ufeffdense": group(), dense: group() }));
});

test("groups nested as deep as the limit allows are whole", async () => {
  let nested: Hdf5Node = dataset([1]);
  for (let depth = 0; depth < 64; depth += 1) nested = group({ [`level ${depth}`]: nested });

  await expectJudged(nested as Hdf5Group);
});

test("Keras's empty list of names, an empty array of float64, is kept", async () => {
  const empty = { name: "weight_names", datatype: float64, shape: [0], data: new Uint8Array() };

  await expectJudged(group({}, [empty]));
});

describe("strings of variable length are whole:", () => {
  const filled = (length: number): Uint8Array =>
    Uint8Array.from({ length }, (_, index) => 1 + (index % 255));

  test("around the size at which a heap collection is full", async () => {
    const sizes = [65_503, 65_504, 65_505, 65_519, 65_520, 65_521, 65_536, 200_000, 0, 1, 40_000];

    await expectJudged(
      group({ texts: strings([sizes.length], sizes.map(filled)) }, [
        { name: "model_config", datatype: text, shape: [], data: [filled(100_000)] },
      ]),
    );
  });

  test("where what is left of a collection has no room for its own description", async () => {
    const collection = 4096 - 16;
    const sizes = [0, 8, 16, 24].map((left) => collection - 16 - left);

    for (const size of sizes) await expectJudged(group({ one: strings([], [filled(size)]) }));
  });

  test("more than a heap collection can number", async () => {
    const count = 70_000;

    const many = Array.from({ length: count }, (_, index) => Buffer.from(`${index % 1000}`));

    await expectJudged(group({ vocabulary: strings([count], many) }));
  });
});

describe("an attribute", () => {
  const header = 8 + 8 + 16 + 16;
  const most = 65_528 - header;

  test("as large as an object header can hold is whole", async () => {
    await expectJudged(group({}, [bytesAttribute("large", most), bytesAttribute("small", 1)]));
  });

  test("of one byte more is refused by its name, not cut", () => {
    expect(() => layOutHdf5(group({}, [bytesAttribute("large", most + 1)]))).toThrow(
      expect.objectContaining({
        code: "UNSUPPORTED",
        message: expect.stringMatching(/"large" has 65481 bytes.*less than 64 KiB/) as string,
      }),
    );
  });

  test("of many strings counts with its references, not with its text", async () => {
    const attribute = (count: number): Hdf5Group =>
      group({}, [
        {
          name: "n",
          datatype: text,
          shape: [count],
          data: Array.from({ length: count }, () => Buffer.from("x".repeat(100))),
        },
      ]);

    await expectJudged(attribute(4090));
    expect(() => layOutHdf5(attribute(4096))).toThrow(/"n" has 65536 bytes/);
  });
});
