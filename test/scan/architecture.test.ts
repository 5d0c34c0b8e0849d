import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scanArchitecture } from "#shared/scan/architecture.ts";
import { readBytecode } from "#shared/scan/bytecode.ts";
import type { RuleId } from "#shared/scan/rules.ts";

function rulesOf(json: unknown, part = "config.json", kerasVersion = "3.15.1"): RuleId[] {
  const text = JSON.stringify(json);
  return scanArchitecture({ part, text, kerasVersion }).map(({ id }) => id);
}

function layer(config: object, more: object = {}): object {
  const dense = { module: "keras.layers", class_name: "Dense", registered_name: null, ...more };
  return {
    class_name: "Sequential",
    config: { name: "s", layers: [{ ...dense, config: { name: "d", ...config } }] },
  };
}

function callable(module: unknown, name: string, asClass = false): object {
  return asClass
    ? { module, class_name: name, config: {}, registered_name: name }
    : { module, class_name: "function", config: name, registered_name: "function" };
}

describe("a callable is judged by where it is from:", () => {
  test.each<[unknown, string, RuleId[]]>([
    ["keras.activations", "relu", []],
    ["keras.src.ops.numpy", "absolute", []],
    ["tf_keras.src.losses", "mean_squared_error", []],
    ["tensorflow.python.keras.api._v2.keras.metrics", "mae", []],
    ["builtins", "my_loss", ["KS120"]],
    ["builtins", "eval", ["KS110"]],
    ["builtins", "__import__", ["KS110"]],
    ["os", "system", ["KS110"]],
    ["_posixsubprocess", "fork_exec", ["KS110"]],
    ["torch.hub", "load", ["KS110"]],
    ["tensorflow.io", "read_file", ["KS110"]],
    ["some_package.gadgets", "run", ["KS110"]],
    ["keras.utils", "get_file", ["KS111"]],
    ["keras.src.utils.file_utils", "get_file", ["KS111"]],
    ["keras.models", "load_model", ["KS111"]],
    ["keras.config", "enable_unsafe_deserialization", ["KS111"]],
    ["keras.saving", "deserialize_keras_object", ["KS111"]],
    ["keras", "load_model", ["KS111"]],
    ["keras", "utils.get_file", ["KS111"]],
    ["keras", "config.enable_unsafe_deserialization", ["KS111"]],
    ["keras.layers", "some_function", ["KS111"]],
    ["keras.src.models.functional", "helper", ["KS111"]],
    ["keras_hub.utils", "fetch", ["KS111"]],
    ["kеras.layers", "relu", ["KS110"]],
    ["keras..os", "relu", ["KS110"]],
    ["keras.layers\0os", "relu", ["KS110"]],
    [" keras.layers", "relu", ["KS110"]],
    ["KERAS.layers", "relu", ["KS110"]],
    [["os"], "system", ["KS110"]],
    [{ a: 1 }, "system", ["KS110"]],
  ])("module %j, function %j: %j", (module, name, expected) => {
    expect(rulesOf(layer({ activation: callable(module, name) }))).toEqual(expected);
  });

  test.each<[string, string, RuleId[]]>([
    ["subprocess", "Popen", ["KS110"]],
    ["__main__", "MyLayer", ["KS120"]],
    ["keras_hub.layers", "Anything", ["KS120"]],
    ["my_company.layers", "Gate", ["KS119"]],
  ])("module %j, class %j: %j", (module, name, expected) => {
    expect(rulesOf(layer({ activation: callable(module, name, true) }))).toEqual(expected);
  });

  test("a class that is registered names the package it is from", () => {
    const gate = {
      module: "my_company.layers",
      class_name: "Gate",
      config: {},
      registered_name: "Mine>Gate",
    };
    expect(rulesOf(layer({ activation: gate }))).toEqual(["KS120"]);
  });
});

test("a callable is found wherever in the JSON it stands", () => {
  const place = fc.array(
    fc.oneof(fc.constant(0), fc.constantFrom("config", "kwargs", "x", "module", "a/b", "~")),
    { minLength: 0, maxLength: 40 },
  );
  fc.assert(
    fc.property(place, (path) => {
      let json: unknown = callable("os", "system");
      for (const step of path) json = step === 0 ? [1, json] : { [step]: json };
      expect(rulesOf({ class_name: "Sequential", config: { layers: [], x: json } })).toContain(
        "KS110",
      );
    }),
  );
});

test("a class that Keras finds by dots in its name is the class it is", () => {
  const code = ["4wEA", null, null];
  const names = ["layers.Lambda", "src.layers.core.lambda_layer.Lambda", "Custom>Lambda"];
  for (const class_name of names) {
    expect(rulesOf(layer({ function: code }, { module: "keras", class_name }))).toContain("KS101");
  }
  const torch = { module: "keras", class_name: "layers.TorchModuleWrapper" };
  expect(rulesOf(layer({}, torch))).toEqual(["KS112"]);
});

test("names alone raise no alarm", () => {
  const names = ["Lambda", "exec", "os.system", "subprocess", "__import__", "import_module"];
  for (const name of names)
    expect(rulesOf(layer({ name, notes: [name], label: name }))).toEqual([]);
});

test("words in a vocabulary raise no alarm, a vocabulary that is opened does", () => {
  const lookup = (vocabulary: unknown): RuleId[] =>
    rulesOf(layer({ vocabulary }, { class_name: "StringLookup" }));

  expect(lookup(["os.system", "http://169.254.169.254/", "/etc/passwd"])).toEqual([]);
  expect(lookup("/etc/passwd")).toEqual(["KS114"]);
});

describe("Python code is found and looked into, and not run:", () => {
  const python = (expression: string): string =>
    execFileSync("python3", ["-c", `import base64,marshal\n${expression}`], {
      encoding: "utf8",
    }).trim();
  const code = python(
    "print(base64.b64encode(marshal.dumps((lambda x: __import__('os').system('id')).__code__)).decode())",
  );

  test("names and texts of what this machine's Python compiles are told", () => {
    const bytecode = readBytecode(code);

    expect(bytecode?.names).toEqual(expect.arrayContaining(["__import__", "system"]));
    expect(bytecode?.texts).toEqual(expect.arrayContaining(["os", "id"]));
    expect(bytecode?.python).toMatch(/^3\./);
  });

  test("in any place of a Lambda, in a list, as an object, in Keras 1's form", () => {
    const raw = Buffer.from(code, "base64").toString("latin1");
    const lambda = { class_name: "__lambda__", config: { code, defaults: null, closure: null } };
    for (const value of [
      code,
      [code, null, null],
      lambda,
      { ...lambda, config: { value: [code] } },
      raw,
    ]) {
      expect(rulesOf(layer({ function: value }, { class_name: "Lambda" }))).toEqual(["KS101"]);
      expect(rulesOf(layer({ output_shape: value }, { class_name: "Lambda" }))).toEqual(["KS101"]);
    }
    expect(rulesOf(layer({ activation: lambda }))).toEqual(["KS102"]);
    expect(rulesOf(layer({ activation: code }))).toEqual(["KS103"]);
    expect(rulesOf(layer({ activation: [code] }))).toEqual(["KS103"]);
    expect(rulesOf(layer({ activation: raw }))).toEqual(["KS103"]);
  });

  test("a Lambda that calls a function by its name is no code", () => {
    expect(rulesOf(layer({ function: "my_function" }, { class_name: "Lambda" }))).toEqual([
      "KS104",
    ]);
  });

  test("what is no code is not taken for it, and no text hangs or crashes it", () => {
    fc.assert(fc.property(fc.base64String(), (text) => void readBytecode(text)));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const whole = Buffer.concat([Buffer.from([0xe3]), bytes]);
        readBytecode(whole.toString("base64"));
        readBytecode(whole.toString("latin1"));
      }),
    );
    for (const text of ["4wheel", "class", "conv2d_transpose_with_a_long_name_1234567890", "Yxy"]) {
      expect(readBytecode(text)).toBeUndefined();
    }
  });

  test("marshalled data that is cut or bent is refused or read, in bounded time", () => {
    const bytes = Buffer.from(code, "base64");
    for (let at = 0; at < bytes.length; at += 1) {
      readBytecode(bytes.subarray(0, at).toString("base64"));
      for (const value of [0, 0x28, 0x5b, 0x7f, 0x80, 0xff]) {
        const bent = Buffer.from(bytes);
        bent[at] = value;
        readBytecode(bent.toString("base64"));
      }
    }
  });
});

describe("graphs:", () => {
  const tensor = (name: string, node = 0): object => {
    const config = { shape: [null, 1], dtype: "float32", keras_history: [name, node, 0] };
    return { class_name: "__keras_tensor__", config };
  };
  const called = (name: string, ...on: readonly object[]): object => ({
    class_name: "Dense",
    name,
    config: { name },
    inbound_nodes: on.map((input) => ({ args: [input], kwargs: {} })),
  });
  const graph = (...layers: readonly object[]): RuleId[] =>
    rulesOf({ class_name: "Functional", config: { name: "m", layers } });

  test("a layer that takes its own output, through others, is a cycle", () => {
    expect(
      graph(called("a", tensor("c")), called("b", tensor("a")), called("c", tensor("b"))),
    ).toEqual(["KJ306"]);
    expect(graph(called("a", tensor("a")))).toEqual(["KJ306"]);
  });

  test("a layer that is called again on what followed from its first call is none", () => {
    expect(
      graph(called("in"), called("a", tensor("in"), tensor("b")), called("b", tensor("a", 0))),
    ).toEqual([]);
  });

  test("a nested model, whose calls are counted from its own first one, is none", () => {
    expect(
      graph(
        called("in"),
        called("a", tensor("in"), tensor("b")),
        called("b", tensor("a", 1)),
        called("c", tensor("a", 2)),
      ),
    ).toEqual([]);
  });
});

test.each<[string, string, RuleId[]]>([
  ["../up", "config.json", ["KJ304"]],
  ["a/b", "config.json", ["KJ304"]],
  ["a/b", "model_config", []],
  ["/abs", "model_config", ["KJ304"]],
  ["tab\t", "config.json", ["KJ304"]],
  ["rtl\u202e", "config.json", ["KJ304"]],
  ["half \ud800", "config.json", ["KJ304"]],
  ["größe_1", "config.json", []],
])("the layer name %j in %s: %j", (name, part, expected) => {
  expect(rulesOf(layer({ name }), part)).toEqual(expected);
});

test("a credential is told of and not repeated", () => {
  const key = "AKIAABCDEFGHIJKLMNOP";
  const text = JSON.stringify({ class_name: "S", config: {}, compile_config: { api_key: key } });

  const [found] = scanArchitecture({ part: "config.json", text, kerasVersion: null });

  expect(found?.id).toBe("KS130");
  expect(JSON.stringify(found)).not.toContain(key);
});

describe("what Keras 2 calls between layers is known, or told:", () => {
  const rules = (class_name: string, config: object): RuleId[] =>
    rulesOf(
      { class_name: "Functional", config: { layers: [{ class_name, config }] } },
      "model_config",
      "2.15.0",
    );

  test.each([
    "math.multiply",
    "__operators__.getitem",
    "nn.relu6",
    "concat",
    "compat.v1.transpose",
    "keras.backend.mean",
    "io.decode_raw",
    "debugging.check_numerics",
    "raw_ops.AddV2",
    "experimental.numpy.sin",
  ])("%s computes", (name) => {
    expect(rules("TFOpLambda", { function: name })).toEqual([]);
  });

  test.each([
    "io.read_file",
    "io.gfile.GFile",
    "keras.models.model_from_json",
    "keras.utils.get_file",
    "keras.datasets.mnist.load_data",
    "data.TextLineDataset",
    "summary.create_file_writer",
    "distribute.Server",
    "train.load_checkpoint",
    "py_function",
    "print",
    "raw_ops.ReadFile",
    "something.new",
  ])("%s reaches further", (name) => {
    expect(rules("TFOpLambda", { function: name })).toEqual(["KS111"]);
  });

  test.each([
    ["ClassMethod", { cls_symbol: "io.gfile.GFile", method_name: "__call__" }],
    ["InstanceMethod", { cls_ref: "data.Dataset", method_name: "x" }],
    ["TensorFlowOpLayer", { node_def: '{"name": "x", "op": "ReadFile"}' }],
    ["TensorFlowOpLayer", { node_def: { op: "WriteFile" } }],
  ])("a %s of %j is told", (className, config) => {
    expect(rules(className, config)).toEqual(["KS111"]);
  });

  test.each([
    ["ClassMethod", { cls_symbol: "ragged.RaggedTensor", method_name: "from_row_splits" }],
    ["TensorFlowOpLayer", { node_def: '{"name": "x", "op": "AddV2", "attr": {}}' }],
  ])("a %s of %j is not", (className, config) => {
    expect(rules(className, config)).toEqual([]);
  });
});

describe("what Keras would make something of, wherever and however it stands:", () => {
  test("a function found by its registered name", () => {
    const found = { ...callable("keras.models", "Zzz"), registered_name: "model_from_json" };
    expect(rulesOf(layer({ x: found }))).toEqual(["KS111"]);
  });

  test("a class in the place of a function", () => {
    expect(rulesOf(layer({ x: callable("keras.layers", "StringLookup") }))).toEqual(["KS111"]);
  });

  test("an architecture as a text, in texts of texts", () => {
    const evil = JSON.stringify(callable("os", "system", true));
    expect(rulesOf(layer({ x: evil }))).toContain("KS110");
    expect(rulesOf(layer({ x: JSON.stringify({ class_name: "a", y: evil }) }))).toContain("KS110");
  });

  test("an array whose type takes memory before it has values", () => {
    const array = (dtype: unknown): object => ({
      class_name: "__numpy__",
      config: { value: [1], dtype },
    });
    for (const dtype of ["U500000000", "S1000000000", "V2000000000", 7]) {
      expect(rulesOf(layer({ x: array(dtype) }))).toEqual(["KJ305"]);
    }
    for (const dtype of ["float32", "<f4", "int64", "bool", "bfloat16", "<U5"]) {
      expect(rulesOf(layer({ x: array(dtype) }))).toEqual([]);
    }
  });

  test("files that columns and tokenizers open", () => {
    const column = {
      class_name: "VocabularyFileCategoricalColumn",
      config: { vocabulary_file: "/x" },
    };
    expect(rulesOf(layer({ x: column }))).toEqual(["KS114"]);
    const module = "keras_hub.src.tokenizers";
    const config = { merges: "http://x/y" };
    const tokenizer = { module, class_name: "BytePairTokenizer", config };
    expect(rulesOf(layer({ x: tokenizer }))).toContain("KS114");
  });
});

describe("custom objects are listed as such:", () => {
  test.each([
    [{ activation: "my_pkg>act" }],
    [{ activation: "my_act" }],
    [{ x: { module: null, class_name: "MyLayer", config: {}, registered_name: "acme>MyLayer" } }],
    [{ x: { module: null, class_name: "Unreg", config: {}, registered_name: "Unreg" } }],
  ])("%j", (config) => {
    expect(rulesOf(layer(config))).toEqual(["KS120"]);
  });

  test.each([["mse"], ["relu"], ["kl_divergence"]])("%s of builtins is Keras's own", (name) => {
    expect(rulesOf(layer({ activation: callable("builtins", name) }))).toEqual([]);
  });

  test("a loss by its name, and a class of a legacy file", () => {
    expect(rulesOf({ loss: "my_loss" }, "training_config")).toEqual(["KS120"]);
    expect(rulesOf({ loss: { out: "mse" } }, "training_config")).toEqual([]);
    const legacy = (class_name: string): RuleId[] =>
      rulesOf(
        { config: { layers: [{ class_name, config: { trainable: true } }] } },
        "model_config",
        "2.15.0",
      );
    expect(legacy("MyLayer")).toEqual(["KS120"]);
    expect(legacy("Dense")).toEqual([]);
  });
});

test("parts of Keras that models are made of raise no alarm", () => {
  for (const [module, class_name] of [
    ["keras.src.applications.convnext", "LayerScale"],
    ["keras.src.distillation.distiller", "Distiller"],
    ["keras.src.utils.feature_space", "FeatureSpace"],
    ["keras.experimental", "LinearModel"],
  ] as const) {
    expect(
      rulesOf(layer({ x: { module, class_name, config: {}, registered_name: null } })),
    ).toEqual([]);
  }
});

test("joiners of emoji and of scripts that need them are no invisible characters", () => {
  for (const name of ["👩‍👩‍👧", "می‌خواهم", "~x"]) expect(rulesOf(layer({ name }))).toEqual([]);
  for (const name of ["den\u200dse", "a\u200b", "~/x", "~root/x"]) {
    expect(rulesOf(layer({ name }))).toEqual(["KJ304"]);
  }
});

test("code is found behind characters that Python passes over, and however deep its constants are", () => {
  const make =
    "import base64,marshal\nc=(lambda x:print(x)).__code__\nt=()\nfor i in range(300): t=(t,)\nprint(base64.b64encode(marshal.dumps(c.replace(co_consts=c.co_consts+(t,)))).decode())";
  const code = execFileSync("python3", ["-c", make], { encoding: "utf8" }).trim();
  expect(readBytecode(code)?.names).toContain("print");
  expect(readBytecode(`!${code.slice(0, 3)}!${code.slice(3)}`)?.names).toContain("print");
});

test("texts made to keep expressions busy are done with at once", () => {
  const text = { a: "a.".repeat(49_000), b: "-eyJ".repeat(24_000), module: "o.".repeat(50_000) };
  const many = Array.from({ length: 40 }, () => ({ ...text, class_name: "x" }));
  expect(rulesOf(layer({ many }))).toContain("KS110");
}, 10_000);
