import { quote } from "../errors.ts";
import { asString, member } from "../json/access.ts";
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
