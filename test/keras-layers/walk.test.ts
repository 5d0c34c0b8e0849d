import { describe, expect, test } from "vitest";
import { walkArchitecture, type Layer } from "#shared/keras/layers/walk.ts";
import { json, layer, oldLayer, sequential } from "./models.ts";

function outline(architecture: unknown): string[] {
  const lines: string[] = [];
  const add = ({ children }: Layer): void => {
    for (const { role, layer: child } of children) {
      lines.push(`${role} ${child.path}: ${child.className}${child.trainable ? "" : " frozen"}`);
      add(child);
    }
  };
  add(walkArchitecture(json(architecture)));
  return lines;
}

const dense = layer("Dense", { name: "d", units: 3 });

describe("every dialect gives the same layers", () => {
  const expected = ["layers d: Dense", "layers e: Dropout"];
  const layers = (make: typeof layer): unknown[] => [
    make("Dense", { name: "d", units: 3 }),
    make("Dropout", { name: "e", rate: 0.5 }),
  ];

  test("Keras 3", () => {
    expect(outline(layer("Sequential", { layers: layers(layer) }))).toEqual(expected);
  });

  test("tf.keras", () => {
    expect(outline(oldLayer("Sequential", { layers: layers(oldLayer) }))).toEqual(expected);
  });

  test("the list that a Sequential's config was until Keras 2.2.2", () => {
    expect(outline({ class_name: "Sequential", config: layers(oldLayer) })).toEqual(expected);
  });

  test("functional, where the name stands beside the class too", () => {
    const model = oldLayer("Model", {
      layers: layers(oldLayer).map((node, index) => ({
        ...(node as object),
        name: ["d", "e"][index],
        inbound_nodes: [],
      })),
      input_layers: [],
      output_layers: [],
    });
    expect(outline(model)).toEqual(expected);
  });

  test("Keras 0.3, where the name is the class and all settings stand beside it", () => {
    const model = {
      name: "Sequential",
      layers: [
        { name: "Dense", custom_name: "d", output_dim: 3 },
        { name: "Dropout", custom_name: "e", p: 0.5 },
      ],
    };
    expect(outline(model)).toEqual(expected);
  });
});

test("models and wrappers stand in the paths of what they hold", () => {
  const encoder = layer("Functional", {
    name: "encoder",
    layers: [layer("Bidirectional", { name: "both", layer: layer("LSTM", { name: "l" }) })],
    input_layers: [],
    output_layers: [],
  });

  expect(outline(sequential([encoder]))).toEqual([
    "layers input: InputLayer",
    "layers encoder: Functional",
    "layers encoder/both: Bidirectional",
    "forward_layer encoder/both/forward_l: LSTM",
    "backward_layer encoder/both/backward_l: LSTM",
  ]);
});

test("a wrapped forward layer that has its prefix already does not get it twice", () => {
  const both = layer("Bidirectional", {
    name: "both",
    layer: layer("LSTM", { name: "forward_l" }),
    backward_layer: layer("GRU", { name: "g" }),
  });

  expect(outline(sequential([both])).slice(2)).toEqual([
    "forward_layer both/forward_l: LSTM",
    "backward_layer both/g: GRU",
  ]);
});

test("cells stand in their recurrent layer, stacked or not", () => {
  const cells = [layer("LSTMCell", { name: "a" }), layer("LSTMCell", { name: "b" })];
  const stack = layer("RNN", { name: "r", cell: layer("StackedRNNCells", { name: "s", cells }) });
  const single = layer("RNN", { name: "q", cell: layer("GRUCell", { name: "c" }) });

  expect(outline(sequential([stack, single])).slice(1)).toEqual([
    "layers r: RNN",
    "cell r/s: StackedRNNCells",
    "cells r/s/a: LSTMCell",
    "cells r/s/b: LSTMCell",
    "layers q: RNN",
    "cell q/c: GRUCell",
  ]);
});

test("what a frozen model holds is frozen", () => {
  const inner = sequential([dense], { name: "inner", trainable: false });

  expect(outline(sequential([inner, dense]))).toEqual([
    "layers input: InputLayer",
    "layers inner: Sequential frozen",
    "layers inner/input: InputLayer frozen",
    "layers inner/d: Dense frozen",
    "layers d: Dense",
  ]);
});

test("two layers of one name have two paths", () => {
  expect(outline(sequential([dense, dense])).slice(1)).toEqual([
    "layers d: Dense",
    "layers d (2): Dense",
  ]);
});

test("names of JavaScript's own objects are names like any other", () => {
  const names = ["__proto__", "constructor", "toString"];

  expect(
    outline(sequential(names.map((name) => layer("Dense", { name, units: 1 })))).slice(1),
  ).toEqual(names.map((name) => `layers ${name}: Dense`));
});

test("a custom model whose config names no layers is one layer", () => {
  const model = {
    ...layer("Net", { name: "net", layers: 3 }),
    module: null,
    registered_name: "My>Net",
  };
  const root = walkArchitecture(json(model));

  expect(root).toMatchObject({ className: "Net", kind: "layer", registeredName: "My>Net" });
  expect(root.children).toEqual([]);
});

test("a custom layer may call anything `layer`, `cell` and `cells`", () => {
  const odd = layer("Odd", { name: "odd", layer: 3, cell: "Dense", cells: [1, 2] });

  expect(outline(sequential([odd]))).toEqual(["layers input: InputLayer", "layers odd: Odd"]);
});

describe("what describes no layer is refused, with its place", () => {
  test.each([
    ["", [] as unknown],
    ["", 3],
    ["", {}],
    ["/config", { class_name: "Sequential" }],
    ["/config", { class_name: "Functional", config: 3 }],
    ["/config/layers", { class_name: "Sequential", config: { layers: {} } }],
    ["/config/layers/1", { class_name: "Sequential", config: { layers: [dense, null] } }],
    ["/config/0", { class_name: "Sequential", config: [{ config: {} }] }],
    ["/config/layers/1/config/layers/0", sequential([sequential([3 as never], { layers: [3] })])],
    [
      "/config/layers/1/config/cells/0",
      sequential([layer("StackedRNNCells", { cells: [{ class_name: "", config: {} }] })]),
    ],
  ])("%s", (place, architecture) => {
    expect(() => walkArchitecture(json(architecture))).toThrow(
      expect.objectContaining({
        code: "MODEL_INVALID",
        message: expect.stringContaining(`architecture${place}: `) as string,
      }),
    );
  });
});

test("models nested deeper than any real one are refused, not followed", () => {
  let model = sequential([dense]);
  for (let depth = 0; depth < 40; depth += 1) model = sequential([model]);

  expect(() => walkArchitecture(json(model))).toThrow(
    expect.objectContaining({ code: "LIMIT_EXCEEDED" }),
  );
});

test("more layers than any real model has are refused", () => {
  const layers = Array.from({ length: 20_001 }, (_, index) => ({
    class_name: "Dense",
    config: { name: `d${index}` },
  }));

  expect(() => walkArchitecture(json(oldLayer("Sequential", { layers })))).toThrow(
    expect.objectContaining({ code: "LIMIT_EXCEEDED" }),
  );
});
