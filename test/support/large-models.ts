import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { File, Group } from "h5wasm/node";
import { libhdf5File } from "./hdf5-raw.ts";
import { zipArchive } from "./zip.ts";

interface DenseLayer {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Writes a `.keras` and an `.h5` whose tensors stand between the metadata of libhdf5, as in the
 * files of Keras. They have two Dense layers and as much optimizer state; as they are unless told,
 * with 6 and 9 MB, S3 copies both.
 */
export async function writeLargeModels(
  folder: string,
  widths: readonly [number, number, number] = [1000, 1500, 1500],
): Promise<{ keras: string; h5: string }> {
  const layers = ["dense", "dense_1"].map((name, index): DenseLayer => {
    return { name, from: widths[index]!, to: widths[index + 1]! };
  });
  const base = join(folder, `large-${widths.join("-")}`);
  const [keras, h5] = [`${base}.keras`, `${base}.h5`];
  const weights = await libhdf5File(folder, (file) => fillV3(file, layers));
  const members = {
    "metadata.json": '{"keras_version": "3.15.1", "date_saved": "2026-01-01@00:00:00"}',
    "config.json": JSON.stringify({
      module: "keras",
      registered_name: null,
      ...config(layers, true),
    }),
    "model.weights.h5": weights,
    "assets/words.txt": "a\nb\n",
  };
  const archive = Object.entries(members).map(([name, content]) => {
    return { name, content: Buffer.from(content) };
  });
  writeFileSync(keras, zipArchive(archive));
  writeFileSync(h5, await libhdf5File(folder, (file) => fillLegacy(file, layers)));
  return { keras, h5 };
}

function config(
  layers: readonly DenseLayer[],
  isV3: boolean,
): { class_name: string; config: object } {
  const layer = (className: string, of: object): object => ({
    ...(isV3 ? { module: "keras.layers", registered_name: null } : {}),
    class_name: className,
    config: of,
  });
  const input = isV3
    ? { batch_shape: [null, layers[0]!.from] }
    : { batch_input_shape: [null, layers[0]!.from] };
  return {
    class_name: "Sequential",
    config: {
      name: "sequential",
      layers: [
        layer("InputLayer", { ...input, dtype: "float32", name: "input" }),
        ...layers.map(({ name, to }) => layer("Dense", { name, units: to, use_bias: true })),
      ],
    },
  };
}

function fillV3(file: File, layers: readonly DenseLayer[]): void {
  const all = file.create_group("layers");
  for (const { name, from, to } of layers) {
    const vars = all.create_group(name).create_group("vars");
    addTensor(vars, "0", [from, to]);
    addTensor(vars, "1", [to]);
  }
  const vars = file.create_group("optimizer").create_group("vars");
  vars.create_dataset({ name: "0", data: new Int32Array([7]), shape: [] });
  for (const [index, { from, to }] of layers.entries()) addTensor(vars, `${index + 1}`, [from, to]);
}

function fillLegacy(file: File, layers: readonly DenseLayer[]): void {
  file.create_attribute("keras_version", "2.15.0");
  file.create_attribute("backend", "tensorflow");
  file.create_attribute("model_config", JSON.stringify(config(layers, false)));
  file.create_attribute("training_config", JSON.stringify({ loss: "mse", optimizer_config: {} }));
  const weights = file.create_group("model_weights");
  addNames(
    weights,
    "layer_names",
    layers.map(({ name }) => name),
  );
  weights.create_attribute("keras_version", "2.15.0");
  weights.create_attribute("backend", "tensorflow");
  for (const { name, from, to } of layers) {
    const layer = weights.create_group(name);
    addNames(layer, "weight_names", [`${name}/kernel:0`, `${name}/bias:0`]);
    const scope = layer.create_group(name);
    addTensor(scope, "kernel:0", [from, to]);
    addTensor(scope, "bias:0", [to]);
  }
  const state = file.create_group("optimizer_weights");
  addNames(
    state,
    "weight_names",
    layers.map(({ name }) => `${name}:0`),
  );
  for (const { name, from, to } of layers) addTensor(state, `${name}:0`, [from, to]);
}

function addNames(group: Group, attribute: string, names: string[]): void {
  const longest = Math.max(...names.map(({ length }) => length));
  group.create_attribute(attribute, names, null, `S${longest}`);
}

let seed = 1;

/** Values that do not repeat, so that no range of a file can be taken for another. */
function addTensor(group: Group, name: string, shape: number[]): void {
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  const bits = new Uint32Array(count);
  for (let index = 0; index < count; index += 1) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    bits[index] = (seed >>> 9) | 0x3f80_0000; // a float from 1 to 2
  }
  group.create_dataset({ name, data: new Float32Array(bits.buffer), shape });
}
