import { describe, expect, test } from "vitest";
import { memoryRange } from "#shared/bytes/memory-source.ts";
import type { Hdf5Dataset, Hdf5Group, Hdf5Node } from "#shared/hdf5/model.ts";
import { allDatasets } from "#shared/hdf5/tree.ts";
import { separateTraining, uniteTrees } from "#shared/keras/training-state.ts";

/** A tree of the datasets at these paths; a name with `:int` is an integer scalar. */
function tree(...datasets: string[]): Hdf5Group {
  const root = group();
  for (const path of datasets) {
    const parts = path.replace(":int", "").split("/");
    const name = parts.pop()!;
    let at = root;
    for (const part of parts) {
      const next = at.children.get(part) ?? group();
      (at.children as Map<string, Hdf5Node>).set(part, next);
      at = next as Hdf5Group;
    }
    (at.children as Map<string, Hdf5Node>).set(name, dataset(path.endsWith(":int")));
  }
  return root;
}

function group(): Hdf5Group {
  return { kind: "group", attributes: [], children: new Map() };
}

function dataset(isInteger: boolean): Hdf5Dataset {
  const name = isInteger ? "int64" : "float32";
  const datatype = {
    class: isInteger ? "integer" : "float",
    size: 8,
    name,
    encoded: new Uint8Array(),
  } as const;
  return {
    kind: "dataset",
    attributes: [],
    datatype,
    shape: isInteger ? [] : [2],
    data: memoryRange("d", new Uint8Array(8)),
  };
}

function paths(root: Hdf5Group | null): string[] {
  return root === null
    ? []
    : allDatasets(root)
        .map(({ path }) => path)
        .toSorted();
}

describe("training state", () => {
  test.each([
    ["the optimizer of the model", ["vars/0", "optimizer/vars/0:int", "optimizer/vars/1"], 2],
    [
      "an optimizer inside the optimizer",
      ["optimizer/vars/0:int", "optimizer/inner_optimizer/vars/0:int"],
      2,
    ],
    ["metrics of TensorFlow's Keras", ["vars/0", "metrics/mean/vars/0", "metrics/mean/vars/1"], 2],
    [
      "the optimizer of a compiled model inside",
      ["layers/functional/vars/0", "layers/functional/optimizer/vars/0:int"],
      1,
    ],
  ])("takes %s along, under the paths of the file", (_, all, count) => {
    const { weights, training } = separateTraining(tree(...all));

    expect(paths(training)).toHaveLength(count);
    expect(paths(uniteTrees(weights, training!))).toEqual(
      all.map((path) => path.replace(":int", "")).toSorted(),
    );
  });

  test.each([
    ["a second optimizer of a custom model", "d_optimizer/vars/0:int"],
    ["a layer of a class called Optimizer", "layers/optimizer/vars/0"],
    ["a layer of a class called Metrics", "layers/metrics/vars/0"],
    ["an attribute called optimizer that is a layer", "layers/box/optimizer/vars/0"],
    ["a submodel called optimizer", "optimizer/layers/dense/vars/0"],
  ])("leaves %s with the weights", (_, path) => {
    const { weights, training } = separateTraining(tree(path, "layers/box/vars/0", "vars/0"));

    expect(training).toBeNull();
    expect(paths(weights)).toContain(path.replace(":int", ""));
  });

  test("of another model is refused where both trees hold a tensor of one path", () => {
    expect(() => uniteTrees(tree("vars/0"), tree("vars/0"))).toThrow(/not of one model/);
  });
});
