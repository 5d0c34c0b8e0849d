import { asArray, asBoolean, asInteger, asString, member } from "../../json/access.ts";
import type { JsonNode } from "../../json/parse.ts";
import type { Layer } from "./walk.ts";

/** A layer's settings by name; what is absent or of another type is undefined. */
export interface Config {
  readonly layer: Layer;
  has(name: string): boolean;
  node(name: string): JsonNode | undefined;
  integer(name: string): number | undefined;
  /** A list of whole numbers, a tuple serialized as an object included; one number is a list. */
  integers(name: string): readonly number[] | undefined;
  flag(name: string, otherwise: boolean): boolean;
  text(name: string): string | undefined;
  /** Absent or null. */
  isNone(name: string): boolean;
}

export function configOf(layer: Layer): Config {
  const node = (name: string): JsonNode | undefined => member(layer.config, name);
  return {
    layer,
    node,
    has: (name) => node(name) !== undefined,
    integer: (name) => natural(node(name)),
    integers: (name) => integerList(node(name)),
    flag: (name, otherwise) => asBoolean(node(name)) ?? otherwise,
    text: (name) => asString(node(name)),
    isNone(name) {
      const value = node(name);
      return value === undefined || (value.type === "literal" && value.value === null);
    },
  };
}

function natural(node: JsonNode | undefined): number | undefined {
  const value = asInteger(node);
  return value !== undefined && value >= 0 ? value : undefined;
}

function integerList(node: JsonNode | undefined): readonly number[] | undefined {
  const single = asInteger(node);
  if (single !== undefined) return [single];
  // Legacy JSON may hold {"class_name": "__tuple__", "items": […]}.
  const list = node?.type === "object" ? member(node, "items") : node;
  if (list?.type !== "array") return undefined;
  const values = asArray(list).map(asInteger);
  return values.every((value) => value !== undefined) ? values : undefined;
}
