import { quote } from "../errors.ts";
import { asString, member } from "../json/access.ts";
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
import { isLayerOfKeras } from "../keras/layers/expected.ts";
import { isActivation, isFunctionOfKeras } from "./keras-functions.ts";
import {
  at,
  bareNameOf,
  packageOf,
  role,
  type JsonPart,
  type Serialized,
  type Told,
} from "./serialized.ts";

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

/** tf_keras registers its optimizers in the package of those that name none (optimizers/adam.py). */
const ownOptimizers =
  /^Custom>(?:Adadelta|Adafactor|Adagrad|Adam|AdamW|Adamax|Ftrl|Lion|LossScaleOptimizer|LossScaleOptimizerV3|Nadam|RMSprop|SGD)$/;

/** Classes that are not told of by where they are from: registered ones, and those of no module. */
export function registeredClass(object: Serialized): Told | undefined {
  const { className, bareName, registeredName, pointer, json } = object;
  const custom = (name: string, module: string): Told => {
    const message = `A custom object, ${quote(name)} at ${at(json, pointer)}`;
    return { id: "KS120", pointer, message, details: { module: module.slice(0, 500) } };
  };
  if (registeredName === undefined) {
    // Keras 2 has the registered name in the place of the class's.
    if (className.includes(">") && !ownOptimizers.test(className)) {
      return custom(className, packageOf(className) ?? className);
    }
    const isLayer = /\/(?:layers\/\d+|layer|cell|cells\/\d+)$/.test(pointer);
    const isNamed = object.node.get("module") === undefined && isLayer && !isOperation(object);
    return isNamed && !isLayerOfKeras(className) ? custom(className, className) : undefined;
  }
  if (className.startsWith("__")) return undefined;
  const module = object.node.get("module");
  const hasModule = module !== undefined && !(module.type === "literal" && module.value === null);
  if (!hasModule && !isOfKeras(object)) {
    return custom(registeredName, packageOf(registeredName) ?? registeredName);
  }
  if (className === "function" || bareNameOf(registeredName) === bareName) return undefined;
  const message = `The class ${quote(className)} at ${at(json, pointer)} is registered as ${quote(registeredName)}`;
  return { id: "KS121", pointer, message };
}

/** In a legacy file, Keras 3 has its operations without their module; they have no settings of layers. */
function isOperation({ config, json }: Serialized): boolean {
  return /^[3-9]/.test(json.kerasVersion ?? "") && member(config, "trainable") === undefined;
}

/** Keras writes functions of its own as registered by their bare name. */
function isOfKeras({ className, node, registeredName }: Serialized): boolean {
  if (className !== "function") return ownOptimizers.test(registeredName ?? "");
  const name = asString(node.get("config"));
  return name === undefined || isFunctionOfKeras(name);
}

/**
 * A name alone, in the place of an activation or of a loss: a function of Keras's, or one that the program
 * which loads the model must bring.
 */
export function namedFunction(
  text: string,
  key: string | null,
  pointer: string,
  json: JsonPart,
): Told | undefined {
  if (key !== null && /^(?:class_name|config|module|name|registered_name)$/.test(key))
    return undefined;
  if (!isCustomName(text, key, pointer)) return undefined;
  const message = `A custom function, ${quote(text)}${role(key)} at ${at(json, pointer)}`;
  return { id: "KS120", pointer, message, details: { module: packageOf(text) ?? text } };
}

function isCustomName(text: string, key: string | null, pointer: string): boolean {
  if (key !== null && /^[\w.]+>[\w.]+$/.test(text)) return true;
  if (!/^[a-z_]\w*$/.test(text)) return false;
  if (key === "activation" || key === "recurrent_activation") return !isActivation(text);
  const isLoss = /^(?:\/compile_config(?:\/config)?)?\/loss(?:\/[^/]+)?$/.test(pointer);
  return isLoss && !isFunctionOfKeras(text);
}
