import { asArray, asInteger, asString, member } from "../../../json/access.ts";
import type { JsonNode } from "../../../json/parse.ts";
import { shapeOf, type TensorShape } from "./tensor-shape.ts";

/** An output of a layer that another one takes. */
export interface Connection {
  readonly layer: string;
  readonly node: number;
  readonly output: number;
  /** Keras 3 writes it down. */
  readonly shape: TensorShape | null;
}

/** What a layer of a functional model is called on, the first time it is called. */
export function connectionsOf(serialized: JsonNode): readonly Connection[] {
  const [node] = asArray(member(serialized, "inbound_nodes"));
  return node === undefined ? [] : [...connectionsIn(node)];
}

/**
 * Connections in a node or any list of them: Keras 1 and 2 have `[layer, node, output, kwargs?]`,
 * Keras 3 `__keras_tensor__` objects in `args` and `kwargs`.
 */
export function* connectionsIn(node: JsonNode): Iterable<Connection> {
  const open: JsonNode[] = [node];
  for (let found; (found = open.pop());) {
    const connection = old(found) ?? ofKeras3(found);
    if (connection !== undefined) yield connection;
    else if (found.type === "array") open.push(...found.items.toReversed());
    else if (found.type === "object") {
      open.push(...[...found.members.values()].map(({ value }) => value).toReversed());
    }
  }
}

function old(node: JsonNode): Connection | undefined {
  const [name, index, output] = asArray(node);
  const layer = asString(name);
  if (layer === undefined) return undefined;
  const numbers = [asInteger(index), asInteger(output)] as const;
  if (numbers[0] === undefined || numbers[1] === undefined) return undefined;
  return { layer, node: numbers[0], output: numbers[1], shape: null };
}

function ofKeras3(node: JsonNode): Connection | undefined {
  if (asString(member(node, "class_name")) !== "__keras_tensor__") return undefined;
  const found = old(member(node, "config", "keras_history") ?? node);
  return found && { ...found, shape: shapeOf(member(node, "config", "shape")) };
}
