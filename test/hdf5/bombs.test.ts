import { describe, expect, test } from "vitest";
import { memorySource } from "#shared/bytes/memory-source.ts";
import { wholeRange } from "#shared/bytes/range-source.ts";
import { layOutHdf5 } from "#shared/hdf5/lay-out.ts";
import type { Hdf5Node } from "#shared/hdf5/model.ts";
import { readHdf5 } from "#shared/hdf5/read.ts";
import { limits } from "#shared/limits.ts";
import { expectRefusal, layoutBytes, refusal } from "../support/hdf5-files.ts";
import { dataset, group } from "../support/hdf5-trees.ts";
import { observedSource } from "../support/sources.ts";

describe("numbers of links and objects beyond what memory should be spent on:", () => {
  test("a group of too many links", async () => {
    const length = limits.hdf5Links.max + 30_000;
    const child = dataset(null);
    const children = Array.from({ length }, (_, index) => [`${index}`, child] as const);
    const bytes = await layoutBytes(layOutHdf5(group(children)));

    await expectRefusal(bytes, "LIMIT_EXCEEDED", /links in one HDF5 group.*--limit hdf5Links=/);
  });

  test("a file of too many objects", async () => {
    const groups = ["a", "b", "c"].map((name) => {
      const children = Array.from({ length: 70_000 }, (_, i) => [`${i}`, dataset(null)] as const);
      return [name, group(children)] as const;
    });
    const bytes = await layoutBytes(layOutHdf5(group(groups)));

    await expectRefusal(bytes, "LIMIT_EXCEEDED", /1[04]000\d HDF5 objects.*--limit hdf5Objects=/);
  });

  test("groups nested too deep", async () => {
    let nested: Hdf5Node = group();
    for (let depth = 0; depth <= limits.hdf5Depth.max; depth += 1) nested = group({ nested });
    const bytes = await layoutBytes(layOutHdf5(nested));

    await expectRefusal(bytes, "LIMIT_EXCEEDED", /65 levels of HDF5 groups.*--limit hdf5Depth=/);
  });
});

test("groups that share one large heap are refused before it is read for each of them", async () => {
  const names = Array.from({ length: 400 }, (_, index) => `g${index}`);
  const children = names.map((name) => [name, group({ a: dataset(null) })] as const);
  const padding = dataset([1_000_000]);
  const bytes = Buffer.from(await layoutBytes(layOutHdf5(group([...children, ["p", padding]]))));
  const values = bytes.length - 4_000_000;
  for (let at = 96; (at = bytes.indexOf("HEAP", at)) > 0 && at < values; at += 32) {
    if (bytes.readBigUInt64LE(at + 8) > 1000n) continue;
    bytes.writeBigUInt64LE(3_000_000n, at + 8);
    bytes.writeBigUInt64LE(BigInt(values), at + 24);
  }
  const source = observedSource(memorySource("bomb", bytes));

  await expect(readHdf5(wholeRange(source))).rejects.toMatchObject(
    refusal("HDF5_INVALID", /local heap data .*overlap/),
  );

  const read = source.reads.reduce((sum, { length }) => sum + length, 0);
  expect(read).toBeLessThan(3 * bytes.length);
});
