import { quote } from "../errors.ts";
import { asString } from "../json/access.ts";
import {
  hasFunctions,
  isBuiltinFunction,
  isFunctionName,
  isGadget,
  moduleKind,
  type ModuleKind,
} from "./modules.ts";
import type { RuleId } from "./rules.ts";
import { at, bareNameOf, packageOf, role, type Serialized, type Told } from "./serialized.ts";

/** Where TensorFlow has the types that it describes (keras/src/saving/serialization_lib.py). */
const typeSpecs = /^tensorflow\.python\.(?:framework|ops|data)(?:\.\w+)*$/;

/** What is to be imported from where: everything that is not known to be a part of models. */
export function foreignCallable(object: Serialized): Told | undefined {
  const { node, className, key, pointer, json } = object;
  const stated = node.get("module");
  if (stated === undefined || (stated.type === "literal" && stated.value === null))
    return undefined;
  const module = asString(stated);
  if (module === undefined) {
    const message = `The module of ${quote(className)}${role(key)} at ${at(json, pointer)} is a JSON ${stated.type}, not a name`;
    return { id: "KS110", pointer, message };
  }
  const isFunction = className === "function";
  const target = isFunction ? (asString(node.get("config")) ?? "") : className;
  const judgement = judge(object, ...resolved(module, target));
  if (judgement === undefined) return undefined;
  const [id, what] = judgement;
  const named = `module ${quote(module)}, ${quote(target)}${role(key)} at ${at(json, pointer)}`;
  return { id, pointer, message: `${what}, ${named}`, details: { module } };
}

/**
 * Keras 3 looks the target up by module and name together, so "utils.get_file" of "keras" is the same as
 * "get_file" of "keras.utils" (keras/src/saving/serialization_lib.py, _retrieve_class_or_fn).
 */
function resolved(module: string, target: string): readonly [module: string, target: string] {
  const name = target.slice(target.lastIndexOf(">") + 1);
  const dot = name.lastIndexOf(".");
  return dot < 0 ? [module, name] : [`${module}.${name.slice(0, dot)}`, name.slice(dot + 1)];
}

type Judgement = readonly [id: RuleId, what: string];

/** Judgements that the module alone decides. */
const ofModule: Partial<Readonly<Record<ModuleKind, Judgement>>> = {
  "keras other": ["KS111", "A part of Keras that no model is made of"],
  main: ["KS120", "A custom object"],
  companion: ["KS120", "A custom object"],
  dangerous: ["KS110", "A callable from outside Keras"],
  misleading: ["KS110", "A module that only looks like one of Keras's"],
};

function judge(object: Serialized, module: string, target: string): Judgement | undefined {
  const { className, registeredName } = object;
  const isFunction = className === "function";
  if (className === "__typespec__") {
    return typeSpecs.test(module) ? undefined : ["KS110", "A __typespec__ from outside Keras"];
  }
  const kind = moduleKind(module);
  if (kind === "keras") {
    return isGadget(target) || (isFunctionName(target) && !hasFunctions(module))
      ? ["KS111", "A function of Keras that is no part of a model"]
      : undefined;
  }
  if (kind === "companion" && isFunctionName(target)) {
    return ["KS111", "A function that is no part of a model"];
  }
  if (kind === "builtins") {
    if (!isFunction || isBuiltinFunction(target)) return ["KS110", "A function of Python"];
    return target === "" ? undefined : ["KS120", "A custom function"];
  }
  if (kind !== "unknown") return ofModule[kind];
  const registered = packageOf(registeredName);
  if (registered !== undefined) {
    return ["KS120", `A custom object of the package ${quote(registered)}`];
  }
  return isFunction || isFunctionName(target)
    ? ["KS110", "A function from outside Keras"]
    : ["KS119", "A class of an unknown package"];
}

/** tf_keras registers its optimizers in the package of those that name none (optimizers/adam.py). */
const ownOptimizers =
  /^Custom>(?:Adadelta|Adafactor|Adagrad|Adam|AdamW|Adamax|Ftrl|Lion|LossScaleOptimizer|LossScaleOptimizerV3|Nadam|RMSprop|SGD)$/;

/** Names of registered classes: Keras 2 has them in the place of the class's. */
export function registeredClass({
  className,
  bareName,
  registeredName,
  pointer,
  json,
}: Serialized): Told | undefined {
  if (registeredName === undefined) {
    if (!className.includes(">") || ownOptimizers.test(className)) return undefined;
    const module = packageOf(className) ?? className;
    const message = `A custom object, ${quote(className)} at ${at(json, pointer)}`;
    return { id: "KS120", pointer, message, details: { module } };
  }
  if (className === "function" || className.startsWith("__")) return undefined;
  if (bareNameOf(registeredName) === bareName) return undefined;
  const message = `The class ${quote(className)} at ${at(json, pointer)} is registered as ${quote(registeredName)}`;
  return { id: "KS121", pointer, message };
}
