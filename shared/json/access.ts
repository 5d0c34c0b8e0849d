import type { JsonNode, JsonObject } from "./parse.ts";

/** The value of a member, or undefined where the node is no object or has no such member. */
export function member(node: JsonNode | undefined, ...path: string[]): JsonNode | undefined {
  let found = node;
  for (const name of path) {
    found = found?.type === "object" ? found.get(name) : undefined;
  }
  return found;
}

export function asObject(node: JsonNode | undefined): JsonObject | undefined {
  return node?.type === "object" ? node : undefined;
}

export function asString(node: JsonNode | undefined): string | undefined {
  return node?.type === "string" ? node.value : undefined;
}

/** The items of an array, or none. */
export function asArray(node: JsonNode | undefined): readonly JsonNode[] {
  return node?.type === "array" ? node.items : [];
}

export function asBoolean(node: JsonNode | undefined): boolean | undefined {
  return node?.type === "literal" && node.value !== null ? node.value : undefined;
}

/** A number as JavaScript holds it, `NaN` and infinite ones included. */
export function asNumber(node: JsonNode | undefined): number | undefined {
  return node?.type === "number" ? Number(node.text) : undefined;
}

/** A whole number that JavaScript holds exactly (`3`, also `3.0`), else undefined. */
export function asInteger(node: JsonNode | undefined): number | undefined {
  if (node?.type !== "number") return undefined;
  const value = Number(node.text);
  return Number.isSafeInteger(value) ? value : undefined;
}
