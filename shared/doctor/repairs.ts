import { inFile, quote } from "../errors.ts";
import { grouped } from "../grouped.ts";
import type { ByteSource } from "../bytes/source.ts";
import { vlenText } from "../hdf5/text.ts";
import type { Hdf5Dataset, Hdf5Group, Hdf5Node } from "../hdf5/model.ts";
import { textAttribute } from "../hdf5/attributes.ts";
import { replaceSpans, type Replacement } from "../json/edit.ts";
import { member } from "../json/access.ts";
import { parseJson, type JsonNode } from "../json/parse.ts";
import { parseArchitecture } from "../keras/architecture-text.ts";
import { matchModel } from "../keras/match-model.ts";
import type { KerasModel } from "../keras/model.ts";
import { modelNames } from "../keras/model-names.ts";
import { readModel } from "../keras/read-model.ts";
import { readV3Archive } from "../keras/v3.ts";
import type { OpenFiles } from "../stores/open-files.ts";
import { locateModel } from "./locate-model.ts";

/** What can be put right without guessing. */
export interface Repair {
  readonly kind: "extension" | "before" | "behind" | "deflated" | "bfloat16" | "loss";
  /** What is wrong, and what becomes of it. */
  readonly message: string;
}

/** A model as it is to be, and what had to be put right for that. */
export interface RepairedModel {
  readonly model: KerasModel;
  readonly repairs: readonly Repair[];
}

/**
 * Reads a model with what can be put right put right.
 *
 * @param name of the file, whose extension may be that of the other format
 * @throws CleaveError as `readModel` where something is wrong that cannot be
 */
export async function repairModel(
  file: ByteSource,
  name: string,
  files: OpenFiles,
): Promise<RepairedModel> {
  const located = await locateModel(file);
  if (located === undefined) {
    // Says what it is instead.
    return { model: await readModel(file, files), repairs: [] };
  }
  const repairs: Repair[] = [];
  const { before, behind } = located;
  if (before > 0) repairs.push(outside("before", before));
  if (behind > 0) repairs.push(outside("behind", behind));
  let model: KerasModel;
  if (located.kind === "hdf5") model = await readModel(located.source, files);
  else {
    model = await readV3Archive(located.members, files).catch((error: unknown) => {
      throw inFile(quote(file.name), error);
    });
    const deflated = [...located.members.values()].filter((one) => one.deflated);
    if (deflated.length > 0) repairs.push(deflatedMembers(deflated.map((one) => one.name)));
  }
  const typed = withBfloat16(model);
  const spelled = withLossNames(typed.model);
  repairs.push(...typed.repairs, ...spelled.repairs, ...extensionOf(name, model));
  return { model: spelled.model, repairs };
}

function outside(kind: "before" | "behind", bytes: number): Repair {
  const size = bytes === 1 ? "1 byte stands" : `${grouped(bytes)} bytes stand`;
  const message = `${size} ${kind} the model and belong to nothing in it; they go.`;
  return { kind, message };
}

function deflatedMembers(names: readonly string[]): Repair {
  const are = names.length === 1 ? `${quote(names[0]!)} is` : `${names.length} members are`;
  const message = `${are} compressed, where Keras stores; stored, tensors can be read by range.`;
  return { kind: "deflated", message };
}

/** Of a whole model: weights are `.h5` in both families. */
export function fittingExtension({ family, architecture }: KerasModel): string {
  if (architecture === null) return family === "v3" ? ".weights.h5" : ".h5";
  return family === "v3" ? ".keras" : ".h5";
}

function extensionOf(name: string, model: KerasModel): Repair[] {
  const { architecture, family } = model;
  const fits =
    architecture === null
      ? /\.weights\.h5$/i.test(name) === (family === "v3")
      : modelNames[family].test(name);
  if (fits) return [];
  const fitting = fittingExtension(model);
  const message = `The name does not say what the file is: Keras reads it as what it is where the name ends in ${fitting}.`;
  return [{ kind: "extension", message }];
}

/**
 * Keras writes bfloat16 as two opaque bytes, and reads them only where an attribute says so
 * (keras/src/saving/saving_lib.py, H5Entry, since 3.0.5); of two bytes it writes nothing else so. Where
 * the architecture says that a variable is bfloat16, the attribute is put back.
 */
function withBfloat16(model: KerasModel): RepairedModel {
  if (model.family !== "v3" || model.architecture === null) return { model, repairs: [] };
  const { variables } = matchModel(model, parseArchitecture(model.architecture));
  const bare = variables.filter(
    ({ expectedDtype, actualDtype }) =>
      expectedDtype === "bfloat16" && actualDtype === bareBfloat16,
  );
  if (bare.length === 0) return { model, repairs: [] };
  const [weights, training] = [model.weights, model.training].map(
    (tree) => tree && (marked(tree) as Hdf5Group),
  );
  const count = bare.length === 1 ? "One tensor lacks" : `${grouped(bare.length)} tensors lack`;
  const message = `${count} the attribute that says bfloat16, which the architecture says; it is put back.`;
  return {
    model: { ...model, weights: weights!, training: training ?? null },
    repairs: [{ kind: "bfloat16", message }],
  };
}

const bareBfloat16 = "V2";

function marked(node: Hdf5Node): Hdf5Node {
  if (node.kind === "dataset") return isBare(node) ? withMark(node) : node;
  const children = [...node.children].map(([name, child]) => [name, marked(child)] as const);
  return { ...node, children: new Map(children) };
}

function isBare(dataset: Hdf5Dataset): boolean {
  return dataset.datatype.name === bareBfloat16 && textAttribute(dataset, "dtype") === null;
}

function withMark(dataset: Hdf5Dataset): Hdf5Dataset {
  const mark = vlenText("dtype", "bfloat16", "utf8");
  return { ...dataset, attributes: [...dataset.attributes, mark] };
}

/**
 * Short names of losses that Keras 3 writes into its own `.h5` and does not find when it loads them,
 * being no classes (keras/src/losses/__init__.py, ALL_OBJECTS_DICT).
 */
const lossNames: Readonly<Record<string, string>> = {
  bce: "binary_crossentropy",
  kld: "kl_divergence",
  mae: "mean_absolute_error",
  mape: "mean_absolute_percentage_error",
  mse: "mean_squared_error",
  msle: "mean_squared_logarithmic_error",
};

function withLossNames(model: KerasModel): RepairedModel {
  const { trainingConfig } = model;
  if (model.family !== "legacy" || trainingConfig === null) return { model, repairs: [] };
  const loss = member(parseJson(trainingConfig, "training_config"), "loss");
  const replacements = loss === undefined ? [] : aliases(loss);
  if (replacements.length === 0) return { model, repairs: [] };
  const { text } = replaceSpans(trainingConfig, replacements);
  const told = replacements.map(
    ({ start, end, text: name }) => `${trainingConfig.slice(start, end)} becomes ${name}`,
  );
  const message = `The training configuration has short names of losses, which Keras 3 does not find when it loads an .h5: ${told.join(", ")}.`;
  return { model: { ...model, trainingConfig: text }, repairs: [{ kind: "loss", message }] };
}

/** Names in the place of a loss: alone, in lists and by output. */
function aliases(node: JsonNode): Replacement[] {
  if (node.type === "array") return node.items.flatMap((item) => aliases(item));
  if (node.type === "object") {
    if (node.get("class_name") !== undefined) return []; // an object with a configuration
    return [...node.members.values()].flatMap(({ value }) => aliases(value));
  }
  if (node.type !== "string") return [];
  const name = lossNames[node.value] ?? lossNames[node.value.toLowerCase()];
  const isAlias = name !== undefined && /^(?:[a-z]+|[A-Z]+)$/.test(node.value);
  return isAlias ? [{ start: node.start, end: node.end, text: JSON.stringify(name) }] : [];
}
