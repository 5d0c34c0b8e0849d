import fc from "fast-check";
import { expect, test } from "vitest";
import type { Hdf5Group } from "#shared/hdf5/model.ts";
import { allDatasets } from "#shared/hdf5/tree.ts";
import { layer, legacyTree, match, sequential, tree, type Tensors } from "./models.ts";

const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
const part = fc.constantFrom(
  "kernel",
  "bias",
  "a",
  "b",
  "__proto__",
  "0",
  "1",
  "vars",
  "x_W",
  "p:0",
);

/** Layers that may hold each other, of known and unknown classes, some with odd settings. */
const layers = fc.letrec((tie) => ({
  list: fc.array(
    fc.oneof(
      { depthSize: "small" },
      fc
        .record({
          className: fc.constantFrom(
            "Dense",
            "BatchNormalization",
            "LSTM",
            "MultiHeadAttention",
            "Odd",
          ),
          name: fc.constantFrom("a", "b", "dense", "__proto__"),
          units: fc.constantFrom(1, 3, null, "3", {}),
        })
        .map(({ className, name, units }) =>
          layer(className, {
            name,
            units,
            epsilon: 0.1,
            momentum: 0.1,
            num_heads: units,
            key_dim: 2,
          }),
        ),
      tie("list").map((inside) => sequential(inside as never, { name: "inner" })),
      tie("list").map((inside) =>
        layer("TimeDistributed", { name: "wrap", layer: (inside as unknown[])[0] ?? null }),
      ),
    ),
    { maxLength: 4 },
  ),
})).list;

const group = fc.constantFrom("dense", "dense_1", "lstm/cell", "odd", "sequential/layers/dense");
const v3Weights = fc
  .array(fc.tuple(group, fc.nat(4), shape), { maxLength: 12 })
  .map((found) =>
    tree(Object.fromEntries(found.map(([at, n, size]) => [`layers/${at}/vars/${n}`, size]))),
  );
const legacyWeights = fc
  .uniqueArray(
    fc.tuple(
      fc.constantFrom("a", "b", "dense", "inner", "wrap", "other"),
      fc.dictionary(part, shape, { maxKeys: 4 }) as fc.Arbitrary<Tensors>,
    ),
    { selector: ([name]) => name, maxLength: 5 },
  )
  .map((found) => legacyTree(found));

test.each([
  ["v3", v3Weights],
  ["legacy", legacyWeights],
] as ["v3" | "legacy", fc.Arbitrary<Hdf5Group>][])(
  "%s: every tensor is in the report once, whatever the architecture",
  (family, weights) => {
    fc.assert(
      fc.property(layers, weights, (inside, stored) => {
        const { variables, layers: listed, counts } = match(sequential(inside), stored, family);

        const tensors = variables.flatMap(({ tensor }) => tensor ?? []);
        const present = allDatasets(stored).map(({ path }) => path);
        expect(tensors.toSorted()).toEqual(present.toSorted());
        expect(counts.tensors).toBe(present.length);

        const paths = new Set(listed.map(({ path }) => path));
        expect(paths.size).toBe(listed.length);
        for (const { layer: owner, tensor, problem } of variables) {
          if (owner !== null && owner !== "") expect(paths).toContain(owner);
          expect(problem === "missing").toBe(tensor === null);
        }
      }),
    );
  },
);
