import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memorySource } from "#shared/bytes/memory-source.ts";
import type { ByteRange } from "#shared/bytes/source.ts";
import { layOutHdf5 } from "#shared/hdf5/lay-out.ts";
import type { Hdf5Dataset, Hdf5Group } from "#shared/hdf5/model.ts";
import { allDatasets, allNodes } from "#shared/hdf5/tree.ts";
import { layoutBytes, readBytes } from "../support/hdf5-files.ts";
import { rangeBytes } from "../support/hdf5-judge.ts";
import { bytesAttribute, dataset, group, strings, trees } from "../support/hdf5-trees.ts";
import { patternedBytes, zeroSource } from "../support/sources.ts";

function of(range: ByteRange): Hdf5Dataset {
  return { ...dataset(null), shape: [range.length / 4], data: range };
}

test("the offsets are where the values stand in the file", async () => {
  await fc.assert(
    fc.asyncProperty(trees, async (tree) => {
      const layout = layOutHdf5(tree);
      const bytes = await layoutBytes(layout);

      for (const { node } of allDatasets(tree)) {
        const offset = layout.offsets.get(node);
        if (!("source" in node.data)) continue;
        const { length } = node.data;
        expect(offset === undefined).toBe(length === 0);
        if (offset === undefined) continue;
        const found = bytes.subarray(offset, offset + length);
        expect(Buffer.compare(found, await rangeBytes(node.data))).toBe(0);
      }
    }),
    { numRuns: 50 },
  );
});

describe("values of one source keep their order there, so that it is read from front to back:", () => {
  const size = 4096;

  test("whatever the names are", async () => {
    const ranges = fc.uniqueArray(fc.nat(size / 8 - 1), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(ranges, async (places) => {
        const source = memorySource("one", patternedBytes(size));
        const children = places.map((place, index) => {
          const range = { source, offset: place * 8, length: 8 };
          return [`${(index * 7919) % 1000} ${index}`, of(range)] as const;
        });
        const layout = layOutHdf5(group(children));

        const ordered = layout.segments.filter((segment) => "source" in segment);

        const offsets = ordered.map(({ offset }) => offset);
        expect(offsets).toEqual(places.map((place) => place * 8).toSorted((a, b) => a - b));
      }),
      { numRuns: 30 },
    );
  });

  test("a source is left for good before the next one is read", () => {
    const [a, b] = [memorySource("a", new Uint8Array(64)), memorySource("b", new Uint8Array(64))];
    const ranges = [a, b, b, a, a, b].map((source, index) => ({
      source,
      offset: index * 8,
      length: 8,
    }));

    const { segments } = layOutHdf5(
      group(ranges.map((range, index) => [`${index}`, of(range)] as const)),
    );

    const order = segments.flatMap((segment) => ("source" in segment ? [segment.source.name] : []));
    expect(order).toEqual(["a", "a", "a", "b", "b", "b"]);
  });
});

test("all structures stand before the first value", async () => {
  const tree = group({
    a: group({ kernel: dataset([1000]), words: strings([1], [Buffer.from("word")]) }),
    b: dataset([3]),
  });
  const { segments, offsets } = layOutHdf5(tree);

  const [structures] = segments;

  expect(structures).toBeInstanceOf(Uint8Array);
  expect(Math.min(...offsets.values())).toBeGreaterThanOrEqual(structures!.length);
});

test("values begin at multiples of eight and the file ends at one", async () => {
  const { size, offsets } = layOutHdf5(
    group({ a: of({ source: zeroSource(100), offset: 0, length: 4 }), b: dataset([5]) }),
  );

  for (const offset of [...offsets.values(), size]) expect(offset % 8).toBe(0);
});

test("no value is read while a file is planned", () => {
  const source = {
    name: "unread",
    size: 2 ** 50,
    read: () => Promise.reject(new Error("a tensor was read")),
  };

  const { size } = layOutHdf5(group({ large: of({ source, offset: 8, length: 2 ** 49 }) }));

  expect(size).toBeGreaterThan(2 ** 49);
});

test("values in the order of a source that is not the names' keep it when read again", async () => {
  const source = memorySource("one", patternedBytes(64));
  const tree = group({
    a: of({ source, offset: 32, length: 8 }),
    b: of({ source, offset: 0, length: 8 }),
  });
  const once = await layoutBytes(layOutHdf5(tree));

  const twice = await layoutBytes(layOutHdf5(await readBytes(once)));

  expect(Buffer.compare(once, twice)).toBe(0);
});

test("attributes keep their order", async () => {
  const names = ["z", "a", "10", "2", "__proto__"];
  const tree = group(
    {},
    names.map((name) => bytesAttribute(name, 2)),
  );

  const { attributes } = await readBytes(await layoutBytes(layOutHdf5(tree)));

  expect(attributes.map(({ name }) => name)).toEqual(names);
});

test("nodes are listed parents first, children in byte order of their names", () => {
  const tree: Hdf5Group = group({
    b: group({ "1": dataset([1]) }),
    "\uffff": group(),
    "😀": group(),
  });

  expect(allNodes(tree).map(({ path }) => path)).toEqual(["", "b", "\uffff", "😀", "b/1"]);
});
