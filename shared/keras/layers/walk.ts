import { CleaveError, quote } from "../../errors.ts";
import { asArray, asBoolean, asObject, asString, member } from "../../json/access.ts";
import type { JsonNode } from "../../json/parse.ts";
import { checkLimit } from "../../limits.ts";
import { toSnakeCase } from "./snake-case.ts";

/** A layer or model as the architecture JSON describes it, whatever the dialect. */
export interface Layer {
  /** Without the package of a registered class: "Thing" of "My>Thing". */
  readonly className: string;
  readonly name: string;
  readonly registeredName: string | null;
  readonly module: string | null;
  /** Where it is a list, the model is a Sequential of Keras 1 to 2.2.2. */
  readonly config: JsonNode | undefined;
  /** The whole serialized object, with `build_config`, `inbound_nodes` and so on. */
  readonly serialized: JsonNode;
  readonly kind: "model" | "layer";
  /** Names from the outermost model down, joined by "/"; empty for that model itself. Unique. */
  readonly path: string;
  /** Neither it nor anything it stands in is frozen. */
  readonly trainable: boolean;
  readonly children: readonly Sublayer[];
  /** Where it stands in the JSON, as a JSON pointer. */
  readonly place: string;
}

/** A layer inside another, and the attribute it is held by: `layers`, `layer`, `cell` … */
export interface Sublayer {
  readonly role: Role;
  readonly layer: Layer;
}

export type Role = "layers" | "layer" | "forward_layer" | "backward_layer" | "cell" | "cells";

/**
 * The tree of layers in an architecture: `model_config`, `config.json` or `to_json()` of Keras 0.3
 * to 3. A model of a custom class, whose config names no layers, is a root without children.
 *
 * @throws CleaveError `MODEL_INVALID` with the place in the JSON where it describes no layer;
 *   `LIMIT_EXCEEDED`
 */
export function walkArchitecture(architecture: JsonNode): Layer {
  const walk: Walk = { count: 0 };
  return readLayer(architecture, { walk, path: "", trainable: true, place: "", depth: 0 });
}

interface Walk {
  count: number;
}

interface Position {
  readonly walk: Walk;
  readonly path: string;
  readonly trainable: boolean;
  readonly place: string;
  /** Levels of models and wrappers above. */
  readonly depth: number;
  /** Where the owner gives the name: the two copies in a Bidirectional. */
  readonly name?: string;
}

function readLayer(node: JsonNode, position: Position): Layer {
  const { walk, place, depth } = position;
  checkLimit("layers", (walk.count += 1), "architecture");
  checkLimit("modelNesting", depth, `architecture${place}`);
  const isFlat = asString(member(node, "class_name")) === undefined;
  const config = isFlat ? node : member(node, "config");
  const className = classNameOf(node, place);
  const path = position.path;
  const trainable = position.trainable && asBoolean(member(config, "trainable")) !== false;
  const children = readChildren(className, config, {
    ...position,
    trainable,
    depth: depth + 1,
    place: isFlat ? place : `${place}/config`,
  });
  return {
    className,
    name: position.name ?? nameOf(node, config, className),
    registeredName: registeredNameOf(node),
    module: asString(member(node, "module")) ?? null,
    config,
    serialized: node,
    kind:
      children.some(({ role }) => role === "layers") || isModelClass(className) ? "model" : "layer",
    path,
    trainable,
    children,
    place,
  };
}

const modelClasses = new Set(["Sequential", "Functional", "Model"]);

export function isModelClass(className: string): boolean {
  return modelClasses.has(className);
}

/** Keras 0.3 has no `class_name`: `name` is the class, beside the settings. */
function classNameOf(node: JsonNode, place: string): string {
  const stated = asString(member(node, "class_name")) ?? asString(member(node, "name"));
  if (stated === undefined || stated === "") {
    const found = node.type === "object" ? "an object without class_name" : `a JSON ${node.type}`;
    throw new CleaveError(
      "MODEL_INVALID",
      `architecture${place}: expected a layer, found ${found}; the architecture is damaged.`,
      { rule: "KJ305" },
    );
  }
  return stated.slice(stated.lastIndexOf(">") + 1);
}

/** Legacy JSON has the registered name in the place of the class's: "My>Thing". */
function registeredNameOf(node: JsonNode): string | null {
  const className = asString(member(node, "class_name"));
  const isRegistered = className?.includes(">") === true;
  return asString(member(node, "registered_name")) ?? (isRegistered ? className : null);
}

function nameOf(node: JsonNode, config: JsonNode | undefined, className: string): string {
  const isFlat = node === config;
  return (
    asString(member(config, isFlat ? "custom_name" : "name")) ??
    (isFlat ? undefined : asString(member(node, "name"))) ??
    toSnakeCase(className)
  );
}

function readChildren(
  className: string,
  config: JsonNode | undefined,
  position: Position,
): readonly Sublayer[] {
  if (config?.type === "array") return readList(config, "layers", position);
  const layers = member(config, "layers");
  if (
    layers !== undefined &&
    (isModelClass(className) || isHolder(className, layers) || isGraph(config))
  ) {
    return readList(layers, "layers", { ...position, place: `${position.place}/layers` });
  }
  if (isModelClass(className) && asObject(config) === undefined) {
    throw new CleaveError(
      "MODEL_INVALID",
      `architecture${position.place}: expected the settings of the ${quote(className)}, found none; the architecture is damaged.`,
      { rule: "KJ305" },
    );
  }
  return readWrapped(className, config, position);
}

/** Keras 1's Merge lists models, Keras 3's Pipeline preprocessing layers; a user's may be anything. */
function isHolder(className: string, layers: JsonNode): boolean {
  return (
    (className === "Merge" || className === "Pipeline") &&
    layers.type === "array" &&
    layers.items.every(isSerialized)
  );
}

/** A subclass of a functional model whose config is a functional model's. */
function isGraph(config: JsonNode | undefined): boolean {
  return (
    member(config, "input_layers") !== undefined && member(config, "output_layers") !== undefined
  );
}

function readList(list: JsonNode, role: Role, position: Position): readonly Sublayer[] {
  if (list.type !== "array") {
    throw new CleaveError(
      "MODEL_INVALID",
      `architecture${position.place}: expected the list of layers, found a JSON ${list.type}; the architecture is damaged.`,
      { rule: "KJ305" },
    );
  }
  const taken = new Map<string, number>();
  return list.items.map((item, index) => {
    const place = `${position.place}/${index}`;
    const [name, path] = uniquePath(item, place, position.path, taken);
    return { role, layer: readLayer(item, { ...position, place, path, name }) };
  });
}

/** Two layers of one name are possible where nothing was built; a path must still be one layer's. */
function uniquePath(
  node: JsonNode,
  place: string,
  above: string,
  taken: Map<string, number>,
): [name: string, path: string] {
  const isFlat = asString(member(node, "class_name")) === undefined;
  const name = nameOf(node, isFlat ? node : member(node, "config"), classNameOf(node, place));
  let copy = taken.get(name) ?? 1;
  let unique = name;
  while (taken.has(unique)) unique = `${name} (${(copy += 1)})`;
  taken.set(name, copy);
  if (unique !== name) taken.set(unique, 1);
  return [name, joinPath(above, unique)];
}

export function joinPath(above: string, name: string): string {
  return above === "" ? name : `${above}/${name}`;
}

/** Layers in layers: wrappers by their `layer`, recurrent layers by their `cell` or `cells`. */
function readWrapped(
  className: string,
  config: JsonNode | undefined,
  position: Position,
): readonly Sublayer[] {
  const inner = (key: string, role: Role, rename?: (name: string) => string): Sublayer[] => {
    const node = member(config, key);
    if (!isSerialized(node)) return [];
    const place = `${position.place}/${key}`;
    const [own] = uniquePath(node, place, "", new Map());
    const name = rename?.(own) ?? own;
    const path = joinPath(position.path, name);
    return [{ role, layer: readLayer(node, { ...position, place, path, name }) }];
  };
  if (className === "Bidirectional") {
    const backward = inner("backward_layer", "backward_layer");
    return [
      ...inner("layer", "forward_layer", (name) => `forward_${bare(name)}`),
      ...(backward.length > 0
        ? backward
        : inner("layer", "backward_layer", (name) => `backward_${bare(name)}`)),
    ];
  }
  const cells = member(config, "cells");
  if (cells?.type === "array" && asArray(cells).every(isSerialized)) {
    return readList(cells, "cells", { ...position, place: `${position.place}/cells` });
  }
  return [...inner("layer", "layer"), ...inner("cell", "cell")];
}

/** Keras 3 writes the forward layer's name, earlier versions the name both are derived from. */
function bare(name: string): string {
  return name.replace(/^forward_/, "");
}

/** Whether it is a serialized object; a custom layer's `layer` may be anything. */
function isSerialized(node: JsonNode | undefined): node is JsonNode {
  const config = member(node, "config");
  return (
    asString(member(node, "class_name")) !== undefined &&
    (config?.type === "object" || config?.type === "array")
  );
}
