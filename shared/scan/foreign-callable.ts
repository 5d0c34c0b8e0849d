import { quote } from "../errors.ts";
import { asString } from "../json/access.ts";
import {
  hasFunctions,
  isBuiltinFunction,
  isFunctionName,
  isGadget,
  isModelOfUtilities,
  moduleKind,
  type ModuleKind,
} from "./modules.ts";
import type { RuleId } from "./rules.ts";
import { isFunctionOfKeras } from "./keras-functions.ts";
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
  const judgement =
    judge(object, ...resolved(module, target)) ?? judgeRegistered(object, module, target);
  if (judgement === undefined) return undefined;
  const [id, what] = judgement;
  const named = `module ${quote(module)}, ${quote(target)}${role(key)} at ${at(json, pointer)}`;
  return { id, pointer, message: `${what}, ${named}`, details: { module: module.slice(0, 500) } };
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

/**
 * Keras up to 3.8 looks a function up by its registered name where the other is not in the module
 * (keras/src/saving/serialization_lib.py, _retrieve_class_or_fn).
 */
function judgeRegistered(
  object: Serialized,
  module: string,
  target: string,
): Judgement | undefined {
  const { className, registeredName } = object;
  if (className !== "function" || registeredName === undefined) return undefined;
  const registered = bareNameOf(registeredName);
  if (registered === target || registered === "function") return undefined;
  return judge(object, ...resolved(module, registered));
}

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
    if (isFunction && target !== "" && !isFunctionName(target)) {
      return ["KS111", "A class in the place of a function"];
    }
    return isGadget(target) || (isFunctionName(target) && !hasFunctions(module))
      ? ["KS111", "A function of Keras that is no part of a model"]
      : undefined;
  }
  if (kind === "companion" && isFunctionName(target)) {
    return ["KS111", "A function that is no part of a model"];
  }
  if (kind === "builtins") {
    if (!isFunction || isBuiltinFunction(target)) return ["KS110", "A function of Python"];
    const isOwn = target === "" || isFunctionOfKeras(target);
    return isOwn ? undefined : ["KS120", "A custom function"];
  }
  if (kind === "keras other" && isModelOfUtilities(module, target)) return undefined;
  if (kind !== "unknown") return ofModule[kind];
  const registered = packageOf(registeredName);
  if (registered !== undefined) {
    return ["KS120", `A custom object of the package ${quote(registered)}`];
  }
  return isFunction || isFunctionName(target)
    ? ["KS110", "A function from outside Keras"]
    : ["KS119", "A class of an unknown package"];
}
