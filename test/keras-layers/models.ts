import { memoryRange } from "#shared/bytes/memory-source.ts";
import type { Hdf5Attribute, Hdf5Dataset, Hdf5Group, Hdf5Node } from "#shared/hdf5/model.ts";
import { parseJson, type JsonNode } from "#shared/json/parse.ts";
import type { Family } from "#shared/keras/model.ts";
import { matchWeights } from "#shared/keras/layers/match.ts";
import type { VariableMatch, WeightsMatch } from "#shared/keras/layers/report.ts";

/** A dataset of that shape, all zeros; its values never matter here. */
export function tensor(shape: readonly number[], dtype = "float32"): Hdf5Dataset {
  const size = dtype === "V2" ? 2 : Number(/\d+/.exec(dtype)![0]) / 8;
  return {
    kind: "dataset",
    attributes: [],
    datatype: {
      class: dtype === "V2" ? "opaque" : "float",
      size,
      name: dtype,
      encoded: new Uint8Array(),
    },
    shape,
    data: memoryRange("zeros", new Uint8Array(shape.reduce((all, length) => all * length, size))),
  };
}

export type Tensors = Readonly<Record<string, readonly number[] | Hdf5Dataset>>;

/** A tree with those tensors at those paths: `{ "layers/dense/vars/0": [4, 3] }`. */
export function tree(tensors: Tensors): Hdf5Group {
  const root = group([]);
  for (const [path, found] of Object.entries(tensors)) place(root, path, asDataset(found));
  return root;
}

/** A legacy weights file: per layer, in order, its weights by their names, in order. */
export function legacyTree(layers: readonly (readonly [name: string, weights: Tensors])[]) {
  const root = group([
    strings(
      "layer_names",
      layers.map(([name]) => name),
    ),
  ]);
  for (const [name, weights] of layers) {
    const inside = group([strings("weight_names", Object.keys(weights))]);
    for (const [path, found] of Object.entries(weights)) place(inside, path, asDataset(found));
    place(root, name, inside);
  }
  return root;
}

type OpenGroup = Hdf5Group & { children: Map<string, Hdf5Node> };

function group(attributes: readonly Hdf5Attribute[]): OpenGroup {
  return { kind: "group", attributes, children: new Map() };
}

function asDataset(found: readonly number[] | Hdf5Dataset): Hdf5Dataset {
  return "kind" in found ? found : tensor(found);
}

function place(root: OpenGroup, path: string, node: Hdf5Node): void {
  const names = path.split("/");
  let at = root;
  for (const name of names.slice(0, -1)) {
    const next = (at.children.get(name) as OpenGroup | undefined) ?? group([]);
    at.children.set(name, next);
    at = next;
  }
  at.children.set(names.at(-1)!, node);
}

export function strings(name: string, values: readonly string[]): Hdf5Attribute {
  const datatype = {
    class: "vlen-string",
    size: 16,
    name: "string",
    encoded: new Uint8Array(),
  } as const;
  return {
    name,
    datatype,
    shape: [values.length],
    data: values.map((value) => Buffer.from(value)),
  };
}

export type Settings = Readonly<Record<string, unknown>>;

/** A layer as Keras 3 serializes it; `layer("Dense", { units: 3 })`. */
export function layer(className: string, config: Settings, rest: Settings = {}): Settings {
  return {
    module: "keras.layers",
    class_name: className,
    config: { name: className.toLowerCase(), trainable: true, ...config },
    registered_name: null,
    ...rest,
  };
}

/** The same in the legacy dialect, which has no module. */
export function oldLayer(className: string, config: Settings): Settings {
  return { class_name: className, config: { name: className.toLowerCase(), ...config } };
}

/** With an InputLayer, so that it has weights from the start. */
export function sequential(layers: readonly Settings[], config: Settings = {}): Settings {
  const input = layer("InputLayer", { name: "input", batch_shape: [null, 4] });
  return {
    ...layer("Sequential", { name: "model", layers: [input, ...layers], ...config }),
    module: "keras",
  };
}

export function oldSequential(layers: readonly Settings[], config: Settings = {}): Settings {
  const input = oldLayer("InputLayer", { name: "input", batch_input_shape: [null, 4] });
  return oldLayer("Sequential", { name: "model", layers: [input, ...layers], ...config });
}

export function json(value: unknown): JsonNode {
  return parseJson(JSON.stringify(value), "architecture");
}

export function match(
  architecture: unknown,
  weights: Hdf5Group,
  family: Family = "v3",
  version: string | null = null,
): WeightsMatch {
  return matchWeights({ architecture: json(architecture), family, weights, version, isOwn: true });
}

/** `dense/kernel layers/dense/vars/0`, with the problem behind it; one line per variable. */
export function lines({ variables }: WeightsMatch): string[] {
  return variables.map(line);
}

export function line({
  layer: owner,
  variable,
  tensor: path,
  how,
  problem,
}: VariableMatch): string {
  const whose = `${owner ?? "?"}:${variable ?? "?"}`;
  const end = problem === null ? (how === "position" ? " by position" : "") : ` ${problem}`;
  return `${whose} = ${path ?? "–"}${end}`;
}
