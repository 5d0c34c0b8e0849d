import { member } from "../../json/access.ts";
import type { JsonNode } from "../../json/parse.ts";
import type { Layer } from "./walk.ts";

/**
 * Whether a model is a Sequential that was never told its input: it has no variables until it is
 * called, and its weights may be saved before that.
 */
export function isDeferred(model: Layer): boolean {
  if (model.className !== "Sequential") return false;
  const [first] = model.children;
  if (first === undefined) return true;
  const stated = [
    member(model.config, "build_input_shape"),
    member(model.serialized, "build_config", "input_shape"),
    ...["batch_input_shape", "batch_shape", "input_shape", "input_dim"].map((name) =>
      member(first.layer.config, name),
    ),
  ];
  return first.layer.className !== "InputLayer" && !stated.some(isStated);
}

function isStated(node: JsonNode | undefined): boolean {
  return node !== undefined && !(node.type === "literal" && node.value === null);
}
