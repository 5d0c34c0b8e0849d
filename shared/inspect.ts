import type { Hdf5Group } from "./hdf5/model.ts";
import { allDatasets, byteLength } from "./hdf5/tree.ts";
import { asObject, member } from "./json/access.ts";
import type { JsonObject } from "./json/parse.ts";
import { parseArchitecture } from "./keras/architecture-text.ts";
import { dtypeOf } from "./keras/dtype.ts";
import type { LayerMatch } from "./keras/layers/report.ts";
import { matchModel } from "./keras/match-model.ts";
import type { Family, KerasModel, KerasVersion } from "./keras/model.ts";
import { findings } from "./manifest/findings.ts";
import { tensorNames, type TensorName } from "./keras/tensor-names.ts";
import { openAny } from "./manifest/open-any.ts";
import type { Finding } from "./manifest/schema.ts";
import { nameOf, type Location } from "./stores/location.ts";
import { OpenFiles, type StoreOptions } from "./stores/open-files.ts";

/** What a file or folder is and holds. Sizes in bytes. */
export interface Inspection {
  readonly name: string;
  readonly kind: "model" | "weights" | "split";
  readonly family: Family;
  readonly keras: KerasVersion;
  /** Of the file; of a split folder, of all its artifacts. */
  readonly size: number;
  readonly architecture: {
    readonly class: string;
    readonly name: string | null;
    readonly size: number;
  } | null;
  readonly layers: readonly LayerMatch[];
  readonly parameters: number;
  readonly trainableParameters: number;
  readonly weights: Share;
  /** Null where there is none. */
  readonly training: (Share & { readonly config: string | null }) | null;
  readonly assets: readonly { readonly path: string; readonly size: number }[];
  /** Headers, names, configs: all that is none of the above; null where some of it is compressed. */
  readonly rest: number | null;
  readonly dtypes: readonly {
    readonly dtype: string;
    readonly tensors: number;
    readonly size: number;
  }[];
  /** Every tensor of the weights, with the variable it is. */
  readonly tensors: readonly InspectedTensor[];
  readonly findings: readonly Finding[];
}

export interface Share {
  readonly tensors: number;
  readonly size: number;
}

export interface InspectedTensor {
  readonly path: string;
  readonly layer: string | null;
  readonly variable: string | null;
  readonly dtype: string;
  readonly shape: readonly number[] | null;
  readonly size: number;
}

/**
 * Says what a model file, a weights file or a split folder is. Only metadata is read.
 *
 * @throws CleaveError `NOT_A_MODEL` saying what it seems to be, and every code of the readers
 */
export async function inspect(path: Location, options: StoreOptions = {}): Promise<Inspection> {
  const files = new OpenFiles(options);
  try {
    const { model, kind } = await openAny(path, files);
    const { size, isUnpacking } = files;
    return describe({ name: nameOf(path), kind, size }, model, isUnpacking);
  } finally {
    await files.close();
  }
}

function describe(
  { name, kind, size }: Pick<Inspection, "name" | "kind" | "size">,
  model: KerasModel,
  isPacked: boolean,
): Inspection {
  const root = model.architecture === null ? null : parseArchitecture(model.architecture);
  const match = root && matchModel(model, root);
  const tensors = inspectTensors(model.weights, tensorNames(model, match));
  const weights = share(model.weights);
  const training = trainingOf(model, root);
  const assets = [...model.assets].map(([path, range]) => ({ path, size: range.length }));
  const moved =
    weights.size + (training?.size ?? 0) + assets.reduce((sum, asset) => sum + asset.size, 0);
  return {
    name,
    kind,
    family: model.family,
    keras: model.keras,
    size,
    architecture: match && {
      class: match.model.className,
      name: match.model.name,
      size: Buffer.byteLength(model.architecture!),
    },
    layers: match?.layers ?? [],
    parameters:
      match?.counts.parameters ?? tensors.reduce((sum, tensor) => sum + elements(tensor), 0),
    trainableParameters: match?.counts.trainable ?? 0,
    weights,
    training,
    assets,
    rest: size < moved || isPacked ? null : size - moved,
    dtypes: dtypesOf(tensors),
    tensors,
    findings: match ? findings(match) : [],
  };
}

function inspectTensors(
  tree: Hdf5Group,
  names: ReadonlyMap<string | null, TensorName>,
): InspectedTensor[] {
  return allDatasets(tree).map(({ path, node }) => ({
    path,
    layer: names.get(path)?.layer ?? null,
    variable: names.get(path)?.variable ?? null,
    dtype: dtypeOf(node),
    shape: node.shape,
    size: byteLength(node),
  }));
}

function share(tree: Hdf5Group): Share {
  const tensors = inspectTensors(tree, new Map());
  return { tensors: tensors.length, size: tensors.reduce((sum, { size }) => sum + size, 0) };
}

function trainingOf(
  { training, trainingConfig, architecture }: KerasModel,
  root: JsonObject | null,
): Inspection["training"] {
  const compileConfig = asObject(member(root ?? undefined, "compile_config"));
  const { start, end, members } = compileConfig ?? { start: 0, end: 0, members: new Map() };
  const config = trainingConfig ?? (members.size > 0 ? architecture!.slice(start, end) : null);
  if (training === null && config === null) return null;
  return { ...(training ? share(training) : { tensors: 0, size: 0 }), config };
}

function elements({ shape }: InspectedTensor): number {
  return shape === null ? 0 : shape.reduce((product, dimension) => product * dimension, 1);
}

function dtypesOf(tensors: readonly InspectedTensor[]): Inspection["dtypes"] {
  const dtypes = new Map<string, { dtype: string; tensors: number; size: number }>();
  for (const { dtype, size } of tensors) {
    const entry = dtypes.get(dtype) ?? { dtype, tensors: 0, size: 0 };
    dtypes.set(dtype, { dtype, tensors: entry.tensors + 1, size: entry.size + size });
  }
  return [...dtypes.values()].toSorted((a, b) => b.size - a.size);
}
