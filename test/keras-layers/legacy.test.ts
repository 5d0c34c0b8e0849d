import { describe, expect, test } from "vitest";
import {
  layer,
  legacyTree,
  lines,
  match as matchAny,
  oldLayer,
  oldSequential,
  sequential,
  tensor,
  type Tensors,
} from "./models.ts";
import type { Hdf5Group } from "#shared/hdf5/model.ts";
import type { WeightsMatch } from "#shared/keras/layers/report.ts";

function match(architecture: unknown, weights: Hdf5Group, version = "2.6.0"): WeightsMatch {
  return matchAny(architecture, weights, "legacy", version);
}

type OpenGroup = Hdf5Group & { children: Map<string, unknown> };

const dense = (name: string, units = 3): ReturnType<typeof oldLayer> =>
  oldLayer("Dense", { name, units, use_bias: true });
const normalization = (name: string): ReturnType<typeof oldLayer> =>
  oldLayer("BatchNormalization", { name, momentum: 0.9, epsilon: 0.001 });

/** Kernel and bias of a Dense with 4 inputs; `scope` as `dense/`. */
function denseIn(scope: string, units = 3): Tensors {
  return { [`${scope}kernel:0`]: [4, units], [`${scope}bias:0`]: [units] };
}

test("a tensor is the variable its name says, in the group its layer's name says", () => {
  const found = match(oldSequential([dense("out")]), legacyTree([["out", denseIn("out/")]]));

  expect(lines(found)).toEqual(["out:kernel = out/out/kernel:0", "out:bias = out/out/bias:0"]);
  expect(found.variables[0]).toMatchObject({ how: "name", expectedShape: [4, 3] });
  expect(found.counts).toMatchObject({ tensors: 2, byPosition: 0, problems: 0 });
});

test("layers' names may hold slashes", () => {
  const model = oldSequential([dense("block/a"), dense("block/b", 2)]);
  const found = match(
    model,
    legacyTree([
      ["block/a", denseIn("block/a/")],
      ["block/b", denseIn("block/b/", 2)],
    ]),
  );

  expect(found.counts.problems).toBe(0);
  expect(lines(found)[0]).toBe("block/a:kernel = block/a/block/a/kernel:0");
});

describe("names of other writers", () => {
  test.each([
    ["Keras 3.0", "kernel", "bias"],
    ["Keras 3.3", "sequential/d/kernel", "sequential/d/bias"],
    ["Keras 2 on Theano", "d/kernel", "d/bias"],
    ["Keras 2.3, made unique", "d/kernel_1", "d/bias_1"],
    ["a model built twice", "d_1/kernel:0", "d_1/bias:0"],
    ["Theano after a failed step", "training/training/d/kernel", "training/training/d/bias"],
  ])("%s", (_, kernel, bias) => {
    const found = match(
      oldSequential([dense("d")]),
      legacyTree([["d", { [kernel]: [4, 3], [bias]: [3] }]]),
    );

    expect(found.counts).toMatchObject({ problems: 0, byPosition: 0 });
    expect(found.variables.map(({ variable }) => variable)).toEqual(["kernel", "bias"]);
  });

  test("Keras 1, whose settings have other names too", () => {
    const model = {
      class_name: "Sequential",
      config: [
        oldLayer("Dense", { name: "dense_1", output_dim: 3, bias: true }),
        oldLayer("LSTM", { name: "lstm_1", output_dim: 2, consume_less: "cpu" }),
      ],
    };
    const gates = ["i", "c", "f", "o"].flatMap((gate): [string, number[]][] => [
      [`lstm_1_W_${gate}`, [3, 2]],
      [`lstm_1_U_${gate}`, [2, 2]],
      [`lstm_1_b_${gate}`, [2]],
    ]);
    const found = match(
      model,
      legacyTree([
        ["dense_1", { dense_1_W: [4, 3], dense_1_b: [3] }],
        ["lstm_1", Object.fromEntries(gates)],
      ]),
      "1.2.2",
    );

    expect(found.counts).toMatchObject({ problems: 0, byPosition: 0, tensors: 14 });
    expect(found.variables.every(({ how }) => how === "name")).toBe(true);
  });

  test.each([["param_"], ["Variable:"], ["variable_"], ["weight"]])(
    "%s0 says nothing, so its place decides, and the report says so",
    (prefix) => {
      const weights = { [`${prefix}0`]: [4, 3], [`${prefix}1`]: [3] };
      const found = match(oldSequential([dense("d")]), legacyTree([["d", weights]]));

      expect(found.variables.map(({ variable, how }) => `${variable} by ${how}`)).toEqual([
        "kernel by position",
        "bias by position",
      ]);
      expect(found.counts.byPosition).toBe(2);
    },
  );
});

test("of names that say nothing, too few or too many, shapes tell what can be told", () => {
  const one = match(oldSequential([dense("d")]), legacyTree([["d", { param_0: [3] }]]));
  expect(lines(one)).toEqual(["d:kernel = – missing", "d:bias = d/param_0 by position"]);

  const three = { param_0: [9, 9], param_1: [3], param_2: [4, 3] };
  const more = match(oldSequential([dense("d")]), legacyTree([["d", three]]));
  expect(lines(more).toSorted()).toEqual([
    "d:? = d/param_0 extra",
    "d:bias = d/param_1 by position",
    "d:kernel = d/param_2 by position",
  ]);
});

test("layers under other names are told by their place, and the report says so", () => {
  const found = match(
    oldSequential([dense("a"), dense("b", 2)]),
    legacyTree([
      ["dense_7", denseIn("dense_7/")],
      ["dense_8", denseIn("dense_8/", 2)],
    ]),
  );

  expect(found.counts).toMatchObject({ problems: 0, byPosition: 4 });
  expect(found.layers.map(({ savedAs }) => savedAs)).toEqual([null, "dense_7", "dense_8"]);
});

test("a layer under another name that does not fit is told as Keras would tell it", () => {
  const found = match(oldSequential([dense("a", 5)]), legacyTree([["b", denseIn("b/")]]));

  expect(lines(found)).toEqual(["a:kernel = b/b/kernel:0 shape", "a:bias = b/b/bias:0 shape"]);
  expect(found.variables.map(({ how }) => how)).toEqual(["position", "position"]);
});

describe("a nested model has one group, trainable variables first", () => {
  const inside = [dense("a"), normalization("b"), dense("c", 2)];
  const names = {
    a: ["a/kernel:0", "a/bias:0"],
    b: ["b/gamma:0", "b/beta:0"],
    moving: ["b/moving_mean:0", "b/moving_variance:0"],
    c: ["c/kernel:0", "c/bias:0"],
  };
  const shapes = new Map<string, readonly number[]>([
    ["a/kernel:0", [4, 3]],
    ["c/kernel:0", [3, 2]],
    ["c/bias:0", [2]],
  ]);
  const stored = (order: readonly string[]): Hdf5Group =>
    legacyTree([
      ["inner", Object.fromEntries(order.map((name) => [name, shapes.get(name) ?? [3]]))],
    ]);
  const frozen = (node: object): object => ({
    ...node,
    config: { ...(node as { config: object }).config, trainable: false },
  });

  test.each([
    ["nothing frozen", inside, [...names.a, ...names.b, ...names.c, ...names.moving]],
    [
      "one layer frozen",
      [frozen(inside[0]!), ...inside.slice(1)],
      [...names.b, ...names.c, ...names.a, ...names.moving],
    ],
    [
      "all of it frozen by tf.keras",
      inside.map(frozen),
      [...names.a, ...names.b, ...names.moving, ...names.c],
    ],
    [
      "all of it frozen by Keras 2",
      inside.map(frozen),
      [...names.a, ...names.b, ...names.c, ...names.moving],
    ],
  ])("%s", (_, layers, order) => {
    const inner = oldSequential(layers as never, { name: "inner" });
    const found = match(oldSequential([inner]), stored(order));

    expect(found.counts).toMatchObject({ problems: 0, byPosition: 0, tensors: 8 });
    expect(found.variables.map((row) => `${row.layer}:${row.variable}`)).toEqual([
      "inner/a:kernel",
      "inner/a:bias",
      "inner/b:gamma",
      "inner/b:beta",
      "inner/b:moving_mean",
      "inner/b:moving_variance",
      "inner/c:kernel",
      "inner/c:bias",
    ]);
  });

  test("an order that Keras would load into other variables is told", () => {
    const inner = oldSequential(inside, { name: "inner" });
    const found = match(
      oldSequential([inner]),
      stored([...names.c, ...names.b, ...names.a, ...names.moving]),
    );

    expect(found.counts.problems).toBeGreaterThan(0);
    expect(found.counts.order).toBe(found.counts.problems);
  });
});

test("a wrapper's copies are told by their scopes, even of two equal layers", () => {
  const both = oldLayer("Bidirectional", {
    name: "both",
    layer: oldLayer("GRU", { name: "gru", units: 2, use_bias: false }),
  });
  const scope = (side: string): Tensors => ({
    [`both/${side}_gru/gru_cell_3/kernel:0`]: [4, 6],
    [`both/${side}_gru/gru_cell_3/recurrent_kernel:0`]: [2, 6],
  });
  const found = match(
    oldSequential([both]),
    legacyTree([["both", { ...scope("forward"), ...scope("backward") }]]),
  );

  expect(found.counts).toMatchObject({ problems: 0, byPosition: 0 });
  expect(found.variables.map((row) => `${row.layer}:${row.variable}`)).toEqual([
    "both/forward_gru:kernel",
    "both/forward_gru:recurrent_kernel",
    "both/backward_gru:kernel",
    "both/backward_gru:recurrent_kernel",
  ]);
});

describe("what does not fit is told", () => {
  const model = oldSequential([dense("a"), dense("b", 2)]);
  const right: [string, Tensors][] = [
    ["a", denseIn("a/")],
    ["b", denseIn("b/", 2)],
  ];

  test("a layer that the file has not", () => {
    expect(lines(match(model, legacyTree(right.slice(0, 1)))).slice(2)).toEqual([
      "b:kernel = – missing",
      "b:bias = – missing",
    ]);
  });

  test("a layer that the architecture has not", () => {
    const found = match(model, legacyTree([...right, ["c", denseIn("c/")]]));

    expect(found.counts).toMatchObject({ extra: 2, problems: 2 });
  });

  test("one variable too few, one too many", () => {
    const found = match(
      model,
      legacyTree([
        ["a", { "a/kernel:0": [4, 3] }],
        ["b", { ...denseIn("b/", 2), "b/other:0": [2] }],
      ]),
    );

    expect(lines(found).toSorted()).toEqual([
      "a:bias = – missing",
      "a:kernel = a/a/kernel:0",
      "b:bias = b/b/bias:0",
      "b:kernel = b/b/kernel:0",
      "b:other = b/b/other:0 extra",
    ]);
  });

  test("another number of units", () => {
    const found = match(oldSequential([dense("a", 5), dense("b", 2)]), legacyTree(right));

    expect(found.counts).toMatchObject({ shape: 2, problems: 2 });
  });

  test("two layers' weights that have changed places", () => {
    const found = match(
      model,
      legacyTree([
        ["a", denseIn("a/", 2)],
        ["b", denseIn("b/")],
      ]),
    );

    expect(found.counts).toMatchObject({ shape: 4, problems: 4 });
  });

  test("a dataset that no list of names has", () => {
    const weights = legacyTree(right);
    (weights.children.get("a") as OpenGroup).children.set("stray", tensor([1]));

    expect(lines(match(model, weights))).toContain("?:? = a/stray extra");
  });

  test("another dtype than the policy's; bfloat16 is two opaque bytes", () => {
    const half = (name: string, dtype: string): ReturnType<typeof layer> =>
      layer("Dense", { name, units: 3, use_bias: false, dtype });
    const found = match(
      sequential([half("a", "bfloat16"), half("b", "float16")]),
      legacyTree([
        ["a", { "a/kernel": tensor([4, 3], "V2") }],
        ["b", { "b/kernel": tensor([3, 3], "float32") }],
      ]),
    );

    expect(found.variables.map(({ problem }) => problem)).toEqual([null, "dtype"]);
  });

  test("a name in a list without its dataset, without its group", () => {
    const weights = legacyTree(right);
    const [a, b] = ["a", "b"].map((name) => weights.children.get(name) as OpenGroup);
    a!.children.delete("a");
    expect(lines(match(model, weights)).slice(0, 2)).toEqual([
      "a:kernel = – missing",
      "a:bias = – missing",
    ]);

    (weights as OpenGroup).children.delete("b");
    expect(match(model, weights).counts).toMatchObject({ missing: 4, problems: 4 });
    expect(b!.children.size).toBe(1);
  });
});

test("dtypes in configs before Keras 2.3 are those of inputs, so not judged", () => {
  const half = oldLayer("Dense", { name: "a", units: 3, use_bias: false, dtype: "float16" });
  const weights = legacyTree([["a", { "a/kernel:0": [4, 3] }]]);

  expect(match(oldSequential([half]), weights, "2.2.4").counts.problems).toBe(0);
  expect(match(oldSequential([half]), weights, "2.2.4-tf").counts.dtype).toBe(1);
});

test("a custom layer's variables are carried", () => {
  const model = oldSequential([oldLayer("Gate", { name: "g" }), dense("d")]);
  const found = match(
    model,
    legacyTree([
      ["g", { "g/w:0": [4] }],
      ["d", denseIn("d/")],
    ]),
  );

  expect(found.counts).toMatchObject({ problems: 0, tensors: 3, notChecked: 1 });
});

test("variables of the model itself belong to no layer", () => {
  const weights = legacyTree([
    ["d", denseIn("d/")],
    ["top_level_model_weights", { "extra:0": [5] }],
  ]);
  const [names] = weights.attributes;
  const listed = { ...names!, data: [Buffer.from("d")], shape: [1] };
  const found = match(oldSequential([dense("d")]), { ...weights, attributes: [listed] });

  expect(lines(found)).toContain(":? = top_level_model_weights/extra:0");
});
