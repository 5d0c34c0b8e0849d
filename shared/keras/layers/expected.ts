import { member } from "../../json/access.ts";
import { configOf } from "./config.ts";
import { attentions } from "./table/attention.ts";
import { convolutions } from "./table/conv.ts";
import { coreLayers } from "./table/core.ts";
import { keras1Layers } from "./table/keras1.ts";
import { normalizations } from "./table/normalization.ts";
import { preprocessing } from "./table/preprocessing.ts";
import { recurrentLayers } from "./table/recurrent.ts";
import type { Row } from "./table/row.ts";
import { weightlessLayers } from "./table/weightless.ts";
import { wrappers } from "./table/wrappers.ts";
import { quantizationOf, quantizedExpectation } from "./quantized.ts";
import { unknown, weightless, type Expectation } from "./variable.ts";
import { isModelClass, type Layer } from "./walk.ts";

const rows: ReadonlyMap<string, Row> = new Map([
  ...coreLayers,
  ...convolutions,
  ...recurrentLayers,
  ...normalizations,
  ...attentions,
  ...preprocessing,
  ...wrappers,
  ...weightlessLayers,
]);

const rowsOfKeras1: ReadonlyMap<string, Row> = new Map(keras1Layers);

/**
 * The variables a layer has of its own, those of layers inside it not included: by its class and
 * config, of a class of any Keras version.
 *
 * @returns an open expectation without variables for classes that Keras does not have
 */
export function expectationOf(layer: Layer): Expectation {
  const known = expectations.get(layer);
  if (known !== undefined) return known;
  const found = lookUp(layer);
  expectations.set(layer, found);
  return found;
}

/** Pairing asks for each layer's several times. */
const expectations = new WeakMap<Layer, Expectation>();

function lookUp(layer: Layer): Expectation {
  if (isOperation(layer)) return weightless;
  if (!isBuiltin(layer)) return unknown;
  if (isModelClass(layer.className)) return weightless;
  const config = configOf(layer);
  const quantization = quantizationOf(layer);
  if (quantization !== null) return quantizedExpectation(config, quantization);
  const row = isKeras1(layer) ? rowsOfKeras1.get(layer.className) : undefined;
  const expected = (row ?? rows.get(layer.className))?.(config) ?? unknown;
  // Legacy files hold LoRA's two matrices, v3 files the merged kernel.
  return config.integer("lora_rank") === undefined ? expected : { ...expected, isOpen: true };
}

/** Those whose variables do not follow from the config, or that no version exports. */
const otherLayers = new Set([
  "DenseFeatures",
  "LayerScale",
  "LinearModel",
  "SequenceFeatures",
  "WideDeepModel",
]);

/** Whether any version of Keras has a layer or a model of this class. */
export function isLayerOfKeras(className: string): boolean {
  const isLayer = [rows, rowsOfKeras1, otherLayers].some((known) => known.has(className));
  return isLayer || isModelClass(className);
}

/** Operations on symbolic tensors stand between the layers of Keras 3's functional models. */
export function isOperation({ module }: Layer): boolean {
  return module !== null && /^keras(?:\.src)?\.ops(?:\.|$)/.test(module);
}

/**
 * Whether the class is Keras's own. Legacy JSON does not say; there the class name decides, with
 * the settings that Keras's class of that name always has.
 */
function isBuiltin({ module, registeredName, serialized }: Layer): boolean {
  if (registeredName?.includes(">")) return false;
  if (module === null) return registeredName === null && member(serialized, "module") === undefined;
  return /^(?:keras|keras_core|tf_keras|tensorflow)(?:\.|$)/.test(module);
}

const keras1Settings = [
  "output_dim",
  "nb_filter",
  "mode",
  "init",
  "nb_feature",
  "input_dtype",
  "W_regularizer",
  "t_left_init",
  "alpha_init",
];

function isKeras1({ className, config, module }: Layer): boolean {
  if (module !== null || config?.type !== "object") return false;
  if (className === "Merge") return true;
  const { members } = config;
  if (members.has("units") || members.has("filters") || members.has("embeddings_initializer"))
    return false;
  return keras1Settings.some((name) => members.has(name));
}

/**
 * Whether nothing about the layer's variables but perhaps their existence can be told; then neither
 * about layers inside it, which it may use as it likes.
 */
export function isOpaque(layer: Layer): boolean {
  const { variables, isOpen } = expectationOf(layer);
  return isOpen && variables.every(({ shape }) => shape === null);
}
