import { describe, expect, test } from "vitest";
import { layer, line, lines, match, sequential, tensor, tree, type Tensors } from "./models.ts";

const dense = (name: string, units = 3): ReturnType<typeof layer> =>
  layer("Dense", { name, units });

/** Kernel and bias of a Dense with 4 inputs. */
function denseAt(group: string, units = 3): Tensors {
  return { [`${group}/vars/0`]: [4, units], [`${group}/vars/1`]: [units] };
}

test("a tensor is the variable its place stands for, whatever the layer's name", () => {
  const found = match(sequential([dense("out")]), tree(denseAt("layers/dense")));

  expect(lines(found)).toEqual([
    "out:kernel = layers/dense/vars/0",
    "out:bias = layers/dense/vars/1",
  ]);
  expect(found.variables[0]).toEqual({
    layer: "out",
    variable: "kernel",
    tensor: "layers/dense/vars/0",
    expectedShape: [4, 3],
    actualShape: [4, 3],
    expectedDtype: null,
    actualDtype: "float32",
    how: "path",
    trainable: true,
    duplicate: false,
    problem: null,
  });
  expect(found.counts).toMatchObject({ layers: 2, tensors: 2, parameters: 15, problems: 0 });
});

describe("groups are numbered per class", () => {
  const layers = [dense("a"), layer("ReLU", { name: "r" }), dense("b"), dense("c")];

  test("once per layer by Keras 3", () => {
    const found = match(
      sequential(layers),
      tree({
        ...denseAt("layers/dense"),
        ...denseAt("layers/dense_1"),
        ...denseAt("layers/dense_2"),
      }),
    );

    expect(found.counts.problems).toBe(0);
    expect(lines(found)[4]).toBe("c:kernel = layers/dense_2/vars/0");
  });

  test("twice per layer with weights by TF 2.12 and 2.13", () => {
    const at = (name: string): Tensors => denseAt(`_layer_checkpoint_dependencies/${name}`);
    const found = match(
      sequential(layers),
      tree({ ...at("dense"), ...at("dense_2"), ...at("dense_4") }),
      "v3",
      "2.13.1",
    );

    expect(found.counts.problems).toBe(0);
    expect(lines(found)[2]).toBe("b:kernel = _layer_checkpoint_dependencies/dense_2/vars/0");
  });

  test("once per layer by TF 2.14, under the older group", () => {
    const at = (name: string): Tensors => denseAt(`_layer_checkpoint_dependencies/${name}`);
    const found = match(
      sequential(layers),
      tree({ ...at("dense"), ...at("dense_1"), ...at("dense_2") }),
      "v3",
      // A weights-only file says no version, and a wrong hint must not matter.
      "2.13.1",
    );

    expect(found.counts.problems).toBe(0);
    expect(lines(found)[2]).toBe("b:kernel = _layer_checkpoint_dependencies/dense_1/vars/0");
  });

  test("weightless layers count too", () => {
    const normalizations = [
      layer("Normalization", { name: "a", axis: [-1], mean: 0, variance: 1 }),
      layer("Normalization", { name: "b", axis: [-1], mean: null, variance: null }),
    ];
    const vars = "layers/normalization_1/vars";
    const found = match(
      sequential(normalizations),
      tree({ [`${vars}/0`]: [4], [`${vars}/1`]: [4], [`${vars}/2`]: [] }),
    );

    expect(lines(found)).toEqual([
      `b:mean = ${vars}/0`,
      `b:variance = ${vars}/1`,
      `b:count = ${vars}/2`,
    ]);
  });
});

test("layers in layers have their groups in each other", () => {
  const inner = sequential([dense("d")], { name: "inner" });
  const both = layer("Bidirectional", {
    name: "both",
    layer: layer("LSTM", { name: "l", units: 2, use_bias: false }),
  });
  const times = layer("TimeDistributed", { name: "t", layer: dense("e", 5) });
  const stack = layer("RNN", {
    name: "r",
    cell: layer("StackedRNNCells", {
      name: "s",
      cells: [1, 2].map((units) => layer("GRUCell", { name: `c${units}`, units, use_bias: false })),
    }),
  });
  const found = match(
    sequential([inner, both, times, stack]),
    tree({
      ...denseAt("layers/sequential/layers/dense"),
      "layers/bidirectional/forward_layer/cell/vars/0": [3, 8],
      "layers/bidirectional/forward_layer/cell/vars/1": [2, 8],
      "layers/bidirectional/backward_layer/cell/vars/0": [3, 8],
      "layers/bidirectional/backward_layer/cell/vars/1": [2, 8],
      ...denseAt("layers/time_distributed/layer", 5),
      "layers/rnn/cell/cells/gru_cell/vars/0": [5, 3],
      "layers/rnn/cell/cells/gru_cell/vars/1": [1, 3],
      "layers/rnn/cell/cells/gru_cell_1/vars/0": [1, 6],
      "layers/rnn/cell/cells/gru_cell_1/vars/1": [2, 6],
    }),
  );

  expect(found.counts.problems).toBe(0);
  expect(found.variables.map(({ layer: owner, variable }) => `${owner}:${variable}`)).toEqual([
    "inner/d:kernel",
    "inner/d:bias",
    "both/forward_l:kernel",
    "both/forward_l:recurrent_kernel",
    "both/backward_l:kernel",
    "both/backward_l:recurrent_kernel",
    "t/e:kernel",
    "t/e:bias",
    "r/s/c1:kernel",
    "r/s/c1:recurrent_kernel",
    "r/s/c2:kernel",
    "r/s/c2:recurrent_kernel",
  ]);
  expect(found.layers.map(({ path, parameters }) => [path, parameters]).slice(1, 4)).toEqual([
    ["inner", 15],
    ["inner/input", 0],
    ["inner/d", 15],
  ]);
});

test.each(["query_dense", "_query_dense"])("attention's projections stand in %s", (holder) => {
  const attention = layer("MultiHeadAttention", {
    name: "m",
    num_heads: 2,
    key_dim: 5,
    value_dim: 7,
    use_bias: false,
  });
  const at = (name: string): string =>
    `layers/multi_head_attention/${holder.replace("query", name)}/vars/0`;
  const found = match(
    sequential([attention]),
    tree({
      [at("query")]: [4, 2, 5],
      [at("key")]: [6, 2, 5],
      [at("value")]: [8, 2, 7],
      [at("output")]: [2, 7, 4],
    }),
  );

  expect(lines(found)).toEqual([
    `m:query/kernel = ${at("query")}`,
    `m:key/kernel = ${at("key")}`,
    `m:value/kernel = ${at("value")}`,
    `m:attention_output/kernel = ${at("output")}`,
  ]);
});

test("spectral normalization's second copy of the kernel is not counted", () => {
  const normalized = layer("SpectralNormalization", { name: "s", layer: dense("d") });
  const found = match(
    sequential([normalized]),
    tree({
      ...denseAt("layers/spectral_normalization/layer"),
      "layers/spectral_normalization/vars/0": [4, 3],
      "layers/spectral_normalization/vars/1": [1, 3],
    }),
  );

  expect(found.counts).toMatchObject({ problems: 0, tensors: 4, parameters: 18 });
  expect(found.variables.filter(({ duplicate }) => duplicate)).toHaveLength(1);
});

describe("what does not fit is told", () => {
  const model = sequential([dense("a"), dense("b", 2)]);
  const right = { ...denseAt("layers/dense"), ...denseAt("layers/dense_1", 2) };

  test("a layer that the file has not", () => {
    expect(lines(match(model, tree(denseAt("layers/dense")))).slice(2)).toEqual([
      "b:kernel = – missing",
      "b:bias = – missing",
    ]);
  });

  test("a file without a single tensor", () => {
    expect(match(model, tree({})).counts).toMatchObject({ missing: 4, problems: 4 });
  });

  test("a layer that the architecture has not", () => {
    const found = match(model, tree({ ...right, ...denseAt("layers/dense_2") }));

    expect(lines(found).slice(4)).toEqual([
      "?:? = layers/dense_2/vars/0 extra",
      "?:? = layers/dense_2/vars/1 extra",
    ]);
  });

  test("one variable too many", () => {
    const found = match(model, tree({ ...right, "layers/dense/vars/2": [3] }));

    expect(lines(found)).toContain("a:? = layers/dense/vars/2 extra");
    expect(found.layers.map(({ status }) => status)).toEqual(["ok", "mismatch", "ok"]);
  });

  test("another number of units", () => {
    const found = match(sequential([dense("a", 5), dense("b", 2)]), tree(right));

    expect(lines(found).slice(0, 2)).toEqual([
      "a:kernel = layers/dense/vars/0 shape",
      "a:bias = layers/dense/vars/1 shape",
    ]);
    expect(found.variables[1]).toMatchObject({ expectedShape: [5], actualShape: [3] });
  });

  test("two layers that have changed places", () => {
    const found = match(
      model,
      tree({ ...denseAt("layers/dense", 2), ...denseAt("layers/dense_1") }),
    );

    expect(found.counts).toMatchObject({ shape: 4, problems: 4 });
  });

  test("free dimensions that do not agree with each other", () => {
    const attention = layer("BatchNormalization", { name: "n", momentum: 0.9, epsilon: 0.001 });
    const vars = "layers/batch_normalization/vars";
    const found = match(
      sequential([attention]),
      tree({ [`${vars}/0`]: [4], [`${vars}/1`]: [4], [`${vars}/2`]: [4], [`${vars}/3`]: [5] }),
    );

    expect(lines(found).at(-1)).toBe(`n:moving_variance = ${vars}/3 shape`);
    expect(found.variables.at(-1)).toMatchObject({ expectedShape: [4], actualShape: [5] });
  });

  test("another dtype than the policy's", () => {
    const policy = (name: string): unknown => ({ class_name: "DTypePolicy", config: { name } });
    const half = layer("Dense", { name: "a", units: 3, dtype: policy("float16") });
    const mixed = layer("Dense", { name: "b", units: 2, dtype: policy("mixed_bfloat16") });
    const found = match(sequential([half, mixed]), tree(right));

    expect(found.variables.map((row) => `${line(row)}: ${row.expectedDtype}`)).toEqual([
      "a:kernel = layers/dense/vars/0 dtype: float16",
      "a:bias = layers/dense/vars/1 dtype: float16",
      "b:kernel = layers/dense_1/vars/0: float32",
      "b:bias = layers/dense_1/vars/1: float32",
    ]);
  });
});

describe("what cannot be judged is carried", () => {
  test("a custom layer, and layers of Keras inside it", () => {
    const custom = {
      ...layer("Gate", { name: "g", layer: dense("d", 99) }),
      module: "my.layers",
      registered_name: "My>Gate",
    };
    const found = match(
      sequential([custom, dense("out")]),
      tree({
        "layers/gate/vars/0": [7],
        ...denseAt("layers/gate/other"),
        ...denseAt("layers/dense"),
      }),
    );

    expect(found.counts).toMatchObject({ problems: 0, tensors: 5 });
    expect(found.layers.map(({ path, status }) => `${path} ${status}`)).toEqual([
      "input ok",
      "g not checked",
      "g/d not checked",
      "out ok",
    ]);
  });

  test("a model of a custom class", () => {
    const model = { ...layer("Net", { name: "net" }), module: "my", registered_name: "My>Net" };
    const found = match(model, tree({ "encoder/vars/0": [3], "vars/0": [] }));

    expect(found.layers).toEqual([
      expect.objectContaining({ path: "net", status: "not checked", parameters: 4 }),
    ]);
    expect(found.counts).toMatchObject({ problems: 0, tensors: 2 });
  });

  test("more attributes of a functional model's subclass", () => {
    const model = { ...sequential([dense("d")]), module: "my", registered_name: "My>Sequential" };
    const found = match(model, tree({ ...denseAt("layers/dense"), ...denseAt("extra") }));

    expect(found.counts.problems).toBe(0);
  });

  test("a built-in class of a later Keras", () => {
    const found = match(
      sequential([layer("Telepathy", { name: "t" })]),
      tree({ "layers/telepathy/vars/0": [3] }),
    );

    expect(found.counts).toMatchObject({ problems: 0, notChecked: 1 });
  });

  test("a quantized layer's shapes", () => {
    const dtype = { class_name: "QuantizedDTypePolicy", config: { mode: "int8" } };
    const found = match(
      sequential([layer("Dense", { name: "d", units: 3, dtype })]),
      tree({
        "layers/dense/vars/0": tensor([4, 3], "int8"),
        "layers/dense/vars/1": [3],
        "layers/dense/vars/2": [3],
      }),
    );

    expect(found.counts.problems).toBe(0);
    expect(found.layers[1]).toMatchObject({ status: "not checked", parameters: 18 });
  });
});

test("a layer that two models share is stored once, and not missing from the other", () => {
  const shared = dense("both", 4);
  const inner = sequential([shared], { name: "inner" });
  const found = match(
    sequential([inner, shared]),
    tree({ ...denseAt("layers/sequential/layers/dense", 4) }),
  );

  expect(lines(found)).toEqual([
    "inner/both:kernel = layers/sequential/layers/dense/vars/0",
    "inner/both:bias = layers/sequential/layers/dense/vars/1",
  ]);
  expect(found.layers.at(-1)).toMatchObject({ path: "both", status: "not checked" });
});

test("a Sequential that was never told its input may have no weights yet", () => {
  const deferred = layer("Sequential", { name: "model", layers: [dense("a")] });

  expect(match(deferred, tree({})).counts).toMatchObject({ problems: 0, tensors: 0 });
  expect(match(deferred, tree(denseAt("layers/dense"))).counts).toMatchObject({ tensors: 2 });
});

test("operations between layers have no group, so do not count in the numbering", () => {
  const model = {
    ...layer("Functional", {
      name: "f",
      input_layers: [],
      output_layers: [],
      layers: [
        layer("Add", { name: "a" }),
        { ...layer("Add", { name: "op" }), module: "keras.src.ops.numpy" },
        dense("d"),
      ],
    }),
    module: "keras.src.models.functional",
    registered_name: "Functional",
  };

  expect(match(model, tree(denseAt("layers/dense"))).counts.problems).toBe(0);
});
