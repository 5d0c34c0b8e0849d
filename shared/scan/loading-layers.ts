import { quote } from "../errors.ts";
import { asString, member } from "../json/access.ts";
import { isDangerousOperation } from "./modules.ts";
import { at, isOf, unquoted, type Serialized, type Told } from "./serialized.ts";

const operations = [
  "TFOpLambda",
  "SlicingOpLambda",
  "TensorFlowOpLayer",
  "ClassMethod",
  "InstanceMethod",
];
/** StringLookup, IntegerLookup, TextVectorization, and tokenizers of Keras's companions. */
const lookups = /(?:Lookup|Vectorization|Tokenizer)$/;

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
  if (operations.some((name) => isOf(object, name))) {
    const called = asString(member(config, "function")) ?? asString(member(config, "cls_ref"));
    if (called !== undefined && isDangerousOperation(called)) {
      const message = `${unquoted(className)} at ${at(json, pointer)} calls ${quote(called)}, which reaches files or Python`;
      yield { id: "KS111", pointer: `${pointer}/config/function`, message };
    }
  }
  if (!lookups.test(object.bareName) && !lookups.test(object.registeredName ?? "")) return;
  for (const key of ["vocabulary", "idf_weights"]) {
    const value = asString(member(config, key));
    if (value === undefined) continue;
    const place = `${pointer}/config/${key}`;
    const message = `The ${key} of the ${unquoted(className)} at ${at(json, place)} is a path or URL, ${quote(value)}, which is opened when the model is loaded`;
    yield { id: "KS114", pointer: place, message };
  }
}
