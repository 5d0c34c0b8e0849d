import { allOrNone } from "./all-or-none.ts";
import { layout, type Layout } from "./bytes/layout.ts";
import { CleaveError, inFile, quote } from "./errors.ts";
import { layOutHdf5 } from "./hdf5/lay-out.ts";
import type { Hdf5Dataset, Hdf5Group } from "./hdf5/model.ts";
import { buildTree } from "./hdf5/build-tree.ts";
import type { Survey } from "./hdf5/survey.ts";
import { allDatasets, byteLength } from "./hdf5/tree.ts";
import {
  countVariables,
  salvageModel,
  type SalvagedModel,
  type VariableCounts,
} from "./doctor/salvage-model.ts";
import { dtypeOf } from "./keras/dtype.ts";
import { identify } from "./keras/identify.ts";
import type { Family, KerasVersion } from "./keras/model.ts";
import { explainAll } from "./manifest/findings.ts";
import { memberLayouts } from "./manifest/member-layouts.ts";
import * as names from "./manifest/names.ts";
import { Progress, type OnProgress } from "./progress.ts";
import { nameOf, type Location } from "./stores/location.ts";
import { OpenFiles, type StoreOptions } from "./stores/open-files.ts";

export interface SalvageOptions extends StoreOptions {
  /** The folder to write into. */
  readonly out: Location;
  /** Replace what an earlier salvage has left there. */
  readonly force?: boolean;
  readonly onProgress?: OnProgress;
}

/** What `salvage.json` says: what could be saved of a model, and what could not. */
export interface Salvage {
  /** Name and size in bytes of the file, and its size as its HDF5 states it, where it does. */
  readonly source: { readonly name: string; readonly size: number; readonly stated: number | null };
  /** Null where what is left is of no kind that Keras writes. */
  readonly family: Family | null;
  readonly keras: KerasVersion | null;
  /** `known` is at least as many where `isPartial`: links to others may be lost. */
  readonly tensors: {
    readonly complete: number;
    readonly known: number;
    readonly isPartial: boolean;
  };
  /** Null where the architecture is lost, or describes no model. */
  readonly variables: VariableCounts | null;
  /** Name of the file with the architecture; null where it is lost. */
  readonly architecture: string | null;
  readonly complete: readonly SalvagedTensor[];
  /** Complete, and in the file of their own: their names are lost. */
  readonly unnamed: readonly SalvagedTensor[];
  /** Paths in the file of what is there in part or not at all. */
  readonly lost: readonly string[];
  /** Variables that the architecture expects and that are not among the complete ones. */
  readonly missing: readonly MissingVariable[];
  /** What else is not there or not as it was. */
  readonly damage: readonly string[];
}

export interface SalvagedTensor {
  /** Name of the artifact, and path of the dataset in it. */
  readonly file: string;
  readonly path: string;
  readonly shape: readonly number[] | null;
  readonly dtype: string;
  /** In bytes. */
  readonly size: number;
}

export interface MissingVariable {
  /** The layer's path in the model, and the variable's name. */
  readonly layer: string | null;
  readonly variable: string | null;
  readonly shape: readonly (number | null)[] | null;
  readonly message: string;
}

export const salvageFile = "salvage.json";
const unnamedFile = "unnamed.h5";
/** Tensors of a file that is laid out as none of Keras's. */
const tensorsFile = "tensors.h5";

/**
 * Writes what is intact of a model that is cut or damaged: every complete tensor, the architecture
 * where it survives, and `salvage.json`, which says what is missing.
 *
 * @throws CleaveError `NOT_A_MODEL` where nothing could be saved; `TARGET_EXISTS`; `IO` and the like
 */
export async function salvage(path: Location, options: SalvageOptions): Promise<Salvage> {
  const { out, force = false, signal, onProgress } = options;
  const files = new OpenFiles(options);
  try {
    const found = await salvageModel(path, files);
    const artifacts = artifactsOf(found);
    const report = reportOf({ name: nameOf(path), size: files.size }, found, artifacts);
    if (report.complete.length + report.unnamed.length === 0 && report.architecture === null) {
      await refuseForeign(path, files);
      throw new CleaveError(
        "NOT_A_MODEL",
        `${quote(path)}: nothing can be salvaged: neither a complete tensor nor the architecture is left. ${found.damage[0] ?? ""}`.trim(),
      );
    }
    const layouts = layoutsOf(found, artifacts);
    const store = await files.storeOf(out);
    const plan = { manifest: { name: salvageFile }, names: [...layouts.keys()], earlier: [] };
    const folder = await store.beginFolder(out, { ...plan, overwrite: force });
    try {
      const progress = new Progress(layouts, onProgress);
      const moving = { onProgress: (bytes: number): void => progress.add(bytes), signal };
      await allOrNone([...layouts], store.writesAtOnce, async ([name, content]) =>
        folder.write(name, content, moving),
      );
      await folder.finish(`${JSON.stringify(report, null, 2)}\n`);
      return report;
    } catch (error) {
      await folder.abandon();
      throw error;
    }
  } finally {
    await files.close();
  }
}

/** @throws CleaveError `NOT_A_MODEL` saying what it is, where it is something else altogether */
async function refuseForeign(path: Location, files: OpenFiles): Promise<void> {
  if (await files.isFolder(path)) return;
  await identify(await files.open(path)).catch((error: unknown) => {
    throw inFile(quote(path), error);
  });
}

interface SalvagedArtifacts {
  /** HDF5 files by name, those that hold a dataset. */
  readonly trees: ReadonlyMap<string, Hdf5Group>;
  readonly unnamed: Hdf5Group | null;
}

function artifactsOf({ model, tree, unnamed }: SalvagedModel): SalvagedArtifacts {
  const trees = new Map<string, Hdf5Group>();
  const add = (name: string, root: Hdf5Group | null): void => {
    if (root !== null && allDatasets(root).length > 0) trees.set(name, root);
  };
  if (model === null) add(tensorsFile, tree);
  else {
    add(names.weightsFile[model.family], model.weights);
    add(names.trainingFile, model.training);
    add(names.otherObjectsFile, model.container.otherObjects);
  }
  const nameless = unnamed.size === 0 ? null : buildTree({ datasets: unnamed });
  return { trees, unnamed: nameless };
}

function layoutsOf(
  { model, architecture }: SalvagedModel,
  { trees, unnamed }: SalvagedArtifacts,
): Map<string, Layout> {
  const layouts = new Map<string, Layout>();
  if (architecture !== null) {
    layouts.set(names.architectureFile, layout([Buffer.from(architecture)]));
  }
  for (const [name, root] of trees) layouts.set(name, layOutHdf5(root));
  if (unnamed !== null) layouts.set(unnamedFile, layOutHdf5(unnamed));
  if (model === null) return layouts;
  return new Map([...layouts, ...memberLayouts(model)]);
}

function reportOf(
  source: Pick<Salvage["source"], "name" | "size">,
  { model, architecture, match, survey, lost, damage, unnamed }: SalvagedModel,
  { trees }: SalvagedArtifacts,
): Salvage {
  const complete = [...trees].flatMap(([file, root]) =>
    allDatasets(root).map(({ path, node }) => tensorOf(file, path, node)),
  );
  const missing = (match?.variables ?? []).filter(({ problem }) => problem === "missing");
  return {
    source: { ...source, stated: survey?.stated ?? null },
    family: model?.family ?? null,
    keras: model?.keras ?? null,
    tensors: tensorCounts(survey, complete.length + unnamed.size),
    variables: match === null ? null : countVariables(match),
    architecture: architecture === null ? null : names.architectureFile,
    complete,
    unnamed: [...unnamed].map(([path, node]) => tensorOf(unnamedFile, path, node)),
    lost,
    missing: explainAll(missing).map(({ layer, variable, message }, index) => {
      return { layer, variable, shape: missing[index]!.expectedShape, message };
    }),
    damage,
  };
}

function tensorCounts(survey: Survey | null, complete: number): Salvage["tensors"] {
  return { complete, known: survey?.datasets ?? 0, isPartial: survey?.isPartial ?? true };
}

function tensorOf(file: string, path: string, node: Hdf5Dataset): SalvagedTensor {
  return { file, path, shape: node.shape, dtype: dtypeOf(node), size: byteLength(node) };
}
