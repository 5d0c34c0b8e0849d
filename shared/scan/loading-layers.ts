import { quote } from "../errors.ts";
import { asString, member } from "../json/access.ts";
import { isComputation, isComputingNode, isTensorClass } from "./operations.ts";
import { at, isOf, unquoted, type Serialized, type Told } from "./serialized.ts";

/** StringLookup, IntegerLookup, TextVectorization, and tokenizers of Keras's companions. */
const lookups = /(?:Lookup|Vectorization|Tokenizer)$/;
/** Settings that name a file, and the classes that open it: also columns of TensorFlow's DenseFeatures. */
const opened: readonly (readonly [key: string, of: RegExp])[] = [
  ["vocabulary", lookups],
  ["idf_weights", lookups],
  ["merges", /Tokenizer$/],
  ["proto", /Tokenizer$/],
  ["vocabulary_file", /Column$/],
  ["ckpt_to_load_from", /Column$/],
];

/** Layers of Keras that read or run something which is not part of the model. */
export function* loadingLayers(object: Serialized): Iterable<Told> {
  const { className, config, pointer, json } = object;
  if (isOf(object, "TorchModuleWrapper")) {
    const message = `TorchModuleWrapper at ${at(json, pointer)}: a PyTorch module as a pickle`;
    yield { id: "KS112", pointer, message };
  }
  if (isOf(object, "TFSMLayer")) {
    const path = asString(member(config, "filepath"));
    const what = path === undefined ? "no filepath is given" : `its filepath is ${quote(path)}`;
    const message = `TFSMLayer at ${at(json, pointer)} loads a SavedModel, ${what}`;
    yield { id: "KS113", pointer, message };
  }
  yield* operations(object);
  if (isOf(object, "KerasLayer")) {
    const handle = asString(member(config, "handle"));
    if (handle !== undefined) {
      const message = `KerasLayer at ${at(json, pointer)} loads a SavedModel of TensorFlow Hub, ${quote(handle)}`;
      yield { id: "KS113", pointer, message };
    }
  }
  for (const [key, of] of opened) {
    if (!of.test(object.bareName) && !of.test(object.registeredName ?? "")) continue;
    const value = asString(member(config, key));
    if (value === undefined) continue;
    const place = `${pointer}/config/${key}`;
    const message = `The ${key} of the ${unquoted(className)} at ${at(json, place)} is a path or URL, ${quote(value)}, which is opened when the model is loaded`;
    yield { id: "KS114", pointer: place, message };
  }
}

/** What a functional model of Keras 2 calls between its layers. */
function* operations(object: Serialized): Iterable<Told> {
  const { className, config, pointer, json } = object;
  const tell = (key: string, called: string): Told => {
    const message = `${unquoted(className)} at ${at(json, pointer)} calls ${quote(called)}, which is no known computation: it may reach files, Python or other models`;
    return { id: "KS111", pointer: `${pointer}/config/${key}`, message };
  };
  const stated = (key: string): string | undefined => asString(member(config, key));
  if (isOf(object, "TFOpLambda") || isOf(object, "SlicingOpLambda")) {
    const called = stated("function");
    if (called !== undefined && !isComputation(called)) yield tell("function", called);
  } else if (isOf(object, "ClassMethod") || isOf(object, "InstanceMethod")) {
    for (const key of ["cls_symbol", "cls_ref", "function"]) {
      const called = stated(key);
      if (called !== undefined && !isTensorClass(called)) yield tell(key, called);
    }
  } else if (isOf(object, "TensorFlowOpLayer")) {
    const node = member(config, "node_def");
    const text = asString(node) ?? "";
    const op = asString(member(node, "op")) ?? /\bop"?:\s*"([^"]*)"/.exec(text)?.[1];
    if (op === undefined || !isComputingNode(op)) yield tell("node_def", op ?? text.slice(0, 100));
  }
}
