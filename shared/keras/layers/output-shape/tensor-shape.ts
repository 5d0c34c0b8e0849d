import { asArray, asInteger, member } from "../../../json/access.ts";
import type { JsonNode } from "../../../json/parse.ts";

/** With the batch dimension; null per dimension where any size is possible. */
export type TensorShape = readonly (number | null)[];

/** A shape as configs write it: a list of sizes and nulls, or a serialized `TensorShape`. */
export function shapeOf(node: JsonNode | undefined): TensorShape | null {
  const list = node?.type === "object" ? member(node, "items") : node;
  if (list?.type !== "array") return null;
  const sizes = asArray(list).map((size) =>
    size.type === "literal" && size.value === null ? null : asInteger(size),
  );
  return sizes.every((size) => size !== undefined) ? sizes : null;
}

export function product(sizes: TensorShape): number | null {
  let total = 1;
  for (const size of sizes) {
    if (size === null) return null;
    total *= size;
  }
  return total;
}
