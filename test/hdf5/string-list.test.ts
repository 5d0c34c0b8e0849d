import fc from "fast-check";
import { expect, test } from "vitest";
import { stringList } from "#shared/hdf5/attributes.ts";
import { stringListAttributes } from "#shared/hdf5/string-list.ts";

function readBack(list: readonly string[]): string[] | undefined {
  const attributes = stringListAttributes("layer_names", list);
  return stringList({ kind: "group", attributes, children: new Map() }, "layer_names");
}

test("any names come back, also where one attribute cannot hold them", () => {
  const name = fc
    .string({ unit: "grapheme", maxLength: 200 })
    .filter((text) => !text.includes("\0"));
  fc.assert(
    fc.property(fc.array(name, { maxLength: 700 }), (names) => {
      expect(readBack(names)).toEqual(names);
    }),
    { numRuns: 30 },
  );
});

test("no attribute is larger than an object header holds", () => {
  const names = Array.from({ length: 3000 }, (_, index) => `layer_${index}`.padEnd(60, "x"));

  const attributes = stringListAttributes("weight_names", names);

  expect(attributes.map(({ name }) => name)).toEqual([
    "weight_names0",
    "weight_names1",
    "weight_names2",
  ]);
  expect(attributes.every(({ data }) => data.length <= 64_512)).toBe(true);
});
