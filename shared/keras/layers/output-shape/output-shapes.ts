import { asArray, asString, member } from "../../../json/access.ts";
import { configOf } from "../config.ts";
import type { Layer } from "../walk.ts";
import { connectionsIn, connectionsOf, type Connection } from "./connections.ts";
import { shapeRules } from "./rules.ts";
import { shapeOf, type TensorShape } from "./tensor-shape.ts";

export interface TensorShapes {
  /** Of all tensors a layer is called on, in order. */
  readonly inputs: ReadonlyMap<Layer, readonly TensorShape[]>;
  readonly outputs: ReadonlyMap<Layer, TensorShape>;
}

/**
 * The shapes of what layers are called on and of their first output, as far as the config tells:
 * written down by Keras 3 where layers of a functional model meet, else followed from the inputs
 * through classes of known effect. Of a layer that is used several times, those of its first use.
 */
export function tensorShapes(root: Layer): TensorShapes {
  const shapes: Shapes = { inputs: new Map(), outputs: new Map() };
  if (root.kind === "model") ofModel(root, [], shapes);
  return shapes;
}

interface Shapes extends TensorShapes {
  readonly inputs: Map<Layer, readonly TensorShape[]>;
  readonly outputs: Map<Layer, TensorShape>;
}

function ofLayer(layer: Layer, inputs: readonly TensorShape[], shapes: Shapes): TensorShape | null {
  if (inputs.length > 0 && !shapes.inputs.has(layer)) shapes.inputs.set(layer, inputs);
  const shape =
    layer.kind === "model" ? ofModel(layer, inputs, shapes) : infer(layer, inputs, shapes);
  if (shape !== null && !shapes.outputs.has(layer)) shapes.outputs.set(layer, shape);
  return shape;
}

function ofModel(model: Layer, inputs: readonly TensorShape[], shapes: Shapes): TensorShape | null {
  const isList = model.className === "Sequential" || model.config?.type === "array";
  return isList ? ofSequential(model, inputs, shapes) : ofFunctional(model, shapes);
}

function ofSequential(
  model: Layer,
  inputs: readonly TensorShape[],
  shapes: Shapes,
): TensorShape | null {
  let current = inputs[0] ?? shapeOf(member(model.config, "build_input_shape"));
  for (const { layer } of model.children) {
    const input = statedInput(layer) ?? current ?? builtInput(layer);
    current = ofLayer(layer, input === null ? [] : [input], shapes);
  }
  return current;
}

function statedInput({ config }: Layer): TensorShape | null {
  return shapeOf(member(config, "batch_input_shape")) ?? shapeOf(member(config, "batch_shape"));
}

function builtInput({ serialized }: Layer): TensorShape | null {
  return shapeOf(member(serialized, "build_config", "input_shape"));
}

/** Layers stand in topological order but for a few; what is not ready is tried once more. */
function ofFunctional(model: Layer, shapes: Shapes): TensorShape | null {
  const byName = new Map(model.children.map(({ layer }) => [graphName(layer), layer]));
  const stated = statedOutputs(model);
  for (const { layer } of model.children) {
    const shape = stated.get(graphName(layer));
    if (shape !== undefined) shapes.outputs.set(layer, shape);
  }
  const shapeAt = (connection: Connection): TensorShape | null => {
    const layer = byName.get(connection.layer);
    if (connection.shape !== null) return connection.shape;
    return layer === undefined || connection.output !== 0
      ? null
      : (shapes.outputs.get(layer) ?? null);
  };
  for (let pass = 0; pass < 2; pass += 1) {
    for (const { layer } of model.children) {
      const isKnown = shapes.outputs.has(layer) && shapes.inputs.has(layer);
      if (isKnown && (pass > 0 || layer.children.length === 0)) continue;
      const inputs = connectionsOf(layer.serialized).map(shapeAt);
      const known = inputs.filter((shape) => shape !== null);
      const built = builtInput(layer);
      if (known.length === inputs.length) ofLayer(layer, known, shapes);
      else if (inputs.length === 1 && built !== null) ofLayer(layer, [built], shapes);
    }
  }
  const [output] = connectionsIn(member(model.config, "output_layers") ?? model.serialized);
  return output === undefined ? null : shapeAt(output);
}

function graphName({ serialized, name }: Layer): string {
  return asString(member(serialized, "name")) ?? name;
}

/** Shapes that Keras 3 wrote down where a layer's first output is used. */
function statedOutputs(model: Layer): ReadonlyMap<string, TensorShape> {
  const stated = new Map<string, TensorShape>();
  for (const { layer } of model.children) {
    for (const node of asArray(member(layer.serialized, "inbound_nodes"))) {
      for (const { layer: from, node: use, output, shape } of connectionsIn(node)) {
        if (shape === null || use !== 0 || output !== 0) continue;
        if (!stated.has(from)) stated.set(from, shape);
      }
    }
  }
  return stated;
}

function infer(layer: Layer, inputs: readonly TensorShape[], shapes: Shapes): TensorShape | null {
  const config = configOf(layer);
  const [input] = inputs;
  switch (layer.className) {
    case "InputLayer":
      return statedInput(layer) ?? input ?? null;
    case "TimeDistributed":
      return timeDistributed(layer, input, shapes);
    case "RNN":
      return recurrent(layer, input, shapes);
    case "Bidirectional":
      return bidirectional(layer, inputs, shapes);
    case "SpectralNormalization": {
      const inner = layer.children[0]?.layer;
      return inner === undefined ? null : ofLayer(inner, inputs, shapes);
    }
    default:
      return shapeRules.get(layer.className)?.(config, inputs) ?? null;
  }
}

function timeDistributed(
  layer: Layer,
  input: TensorShape | undefined,
  shapes: Shapes,
): TensorShape | null {
  const inner = layer.children[0]?.layer;
  if (inner === undefined || input === undefined) return null;
  const [batch = null, steps = null, ...rest] = input;
  const shape = ofLayer(inner, [[batch, ...rest]], shapes);
  return shape === null ? null : [batch, steps, ...shape.slice(1)];
}

/** Both directions side by side, or merged; as two outputs where there is no merging. */
function bidirectional(
  layer: Layer,
  inputs: readonly TensorShape[],
  shapes: Shapes,
): TensorShape | null {
  const found = layer.children.map((child) => ofLayer(child.layer, inputs, shapes));
  const forward = found[0] ?? null;
  if (forward === null) return null;
  if (configOf(layer).text("merge_mode") !== "concat") return forward;
  const size = forward.at(-1) ?? null;
  const other = found[1]?.at(-1) ?? null;
  return [...forward.slice(0, -1), size === null || other === null ? null : size + other];
}

/** By the units of the cell, of the last one of several. */
function recurrent(
  layer: Layer,
  input: TensorShape | undefined,
  shapes: Shapes,
): TensorShape | null {
  const held = layer.children[0]?.layer;
  const cell = held?.children.at(-1)?.layer ?? held;
  const units = cell && configOf(cell).integer("units");
  if (held !== undefined && input !== undefined) ofLayer(held, [input], shapes);
  if (input === undefined || units === undefined) return null;
  const [batch = null, steps = null] = input;
  return configOf(layer).flag("return_sequences", false) ? [batch, steps, units] : [batch, units];
}
