import { describe, expect, test } from "vitest";
import { memoryRange } from "#shared/bytes/memory-source.ts";
import type { Hdf5Group, Hdf5Node } from "#shared/hdf5/model.ts";
import { numberType } from "#shared/hdf5/number-type.ts";
import { stringListAttributes } from "#shared/hdf5/string-list.ts";
import { checkWeightNames } from "#shared/keras/legacy-weight-names.ts";
import { refusal } from "../support/refusal.ts";

const dataset: Hdf5Node = {
  kind: "dataset",
  attributes: [],
  datatype: numberType("float32")!,
  shape: [1],
  data: memoryRange("values", Buffer.alloc(4)),
};

function group(
  children: Record<string, Hdf5Node>,
  lists: Record<string, string[]> = {},
): Hdf5Group {
  const attributes = Object.entries(lists).flatMap(([name, list]) =>
    stringListAttributes(name, list),
  );
  return { kind: "group", attributes, children: new Map(Object.entries(children)) };
}

describe("weights that Keras would not find are not taken for a layer without weights:", () => {
  test("a listed weight that is not there", () => {
    const dense = group({ kernel: dataset }, { weight_names: ["kernel", "bias"] });
    const weights = group({ dense }, { layer_names: ["dense"] });

    expect(() => checkWeightNames(weights, "/model_weights")).toThrowError(
      expect.objectContaining(
        refusal("MODEL_INVALID", /model_weights\/dense.*weight_names.*"bias"/),
      ),
    );
  });

  test("weights that are there and not listed", () => {
    const weights = group({ dense: group({ kernel: dataset }) }, { layer_names: ["dense"] });

    expect(() => checkWeightNames(weights, "")).toThrowError(
      expect.objectContaining(refusal("MODEL_INVALID", /dense.*no weight_names.*1 dataset/)),
    );
  });
});

test("layers without weights, and a layer inside another's name, are right", () => {
  const inner = group({ kernel: dataset }, { weight_names: ["kernel"] });
  const outer = group({ inner });
  const empty = group({}, { weight_names: [] });
  const layers = { layer_names: ["outer", "outer/inner", "empty", "bare", "absent"] };
  const weights = group({ outer, empty, bare: group({}) }, layers);

  expect(() => checkWeightNames(weights, "")).not.toThrow();
});

test("Keras 0.x, which numbers its layers, has no such lists", () => {
  expect(() => checkWeightNames(group({ layer_0: group({ param_0: dataset }) }), "")).not.toThrow();
});
