import type { JsonNode } from "../../json/parse.ts";
import type { Layer } from "./walk.ts";

/**
 * Layers that stand in the model a second time: the config describes a layer shared by two models
 * once for each, and does not say that it is one. Each is given with the first.
 */
export function findTwins(root: Layer): ReadonlyMap<Layer, Layer> {
  const namesakes = new Map<string, Layer[]>();
  const collect = (layer: Layer): void => {
    const key = `${layer.className} ${layer.name}`;
    const found = namesakes.get(key);
    if (found === undefined) namesakes.set(key, [layer]);
    else found.push(layer);
    // A Bidirectional's two layers, and what is in them, are described once and are two.
    for (const { role, layer: child } of layer.children) {
      if (role !== "backward_layer") collect(child);
    }
  };
  collect(root);
  const twins = new Map<Layer, Layer>();
  for (const layers of namesakes.values()) {
    if (layers.length === 1) continue;
    const first = new Map<string, Layer>();
    for (const layer of layers) {
      const text = layer.config === undefined ? "" : textOf(layer.config);
      const twin = first.get(text);
      if (twin === undefined) first.set(text, layer);
      else twins.set(layer, twin);
    }
  }
  return twins;
}

/** The same for equal values; ids of shared objects, which the second copy has, do not count. */
function textOf(node: JsonNode): string {
  switch (node.type) {
    case "object": {
      const members = [...node.members].filter(([name]) => name !== "shared_object_id");
      return `{${members.map(([name, { value }]) => `${JSON.stringify(name)}:${textOf(value)}`).join()}}`;
    }
    case "array":
      return `[${node.items.map(textOf).join()}]`;
    case "number":
      return node.text;
    default:
      return JSON.stringify(node.value);
  }
}
