import { wholeRange } from "../bytes/range-source.ts";
import type { ByteRange, ByteSource } from "../bytes/source.ts";
import { CleaveError } from "../errors.ts";
import { textAttribute } from "../hdf5/attributes.ts";
import type { Hdf5Dataset, Hdf5Group, Hdf5Node } from "../hdf5/model.ts";
import { surveyOf, type Survey } from "../hdf5/survey.ts";
import { findSurvivors, type Survivors } from "../hdf5/survivors.ts";
import { unpackInto } from "../hdf5/unpack.ts";
import { parseArchitecture, publishArchitecture } from "../keras/architecture-text.ts";
import { layerGroups } from "../keras/layers/pair-v3.ts";
import type { WeightsMatch } from "../keras/layers/report.ts";
import { walkArchitecture } from "../keras/layers/walk.ts";
import { architectureAttribute, readLegacy } from "../keras/legacy.ts";
import { matchModel } from "../keras/match-model.ts";
import type { KerasModel } from "../keras/model.ts";
import { readV3Weights, statedVersion } from "../keras/v3.ts";
import type { Location } from "../stores/location.ts";
import type { OpenFiles } from "../stores/open-files.ts";
import { isLegacyWeights, withPresentNames } from "./legacy-lists.ts";
import { salvageTree, type LayerGroups, type SalvagedTree } from "./salvage-tree.ts";
import {
  folderMembers,
  survivingMembers,
  survivingParts,
  type SurvivingParts,
} from "./surviving-parts.ts";

/** What is left of a model, as whole as it can be made without guessing. */
export interface SalvagedModel {
  /** With complete tensors alone; null where what is left is of no kind that Keras writes. */
  readonly model: KerasModel | null;
  /** Complete tensors at their paths in the file. */
  readonly tree: Hdf5Group;
  readonly unnamed: ReadonlyMap<string, Hdf5Dataset>;
  /** As `to_json()` has it; null where it is lost. */
  readonly architecture: string | null;
  /** What the architecture expects, against what is left; null without one. */
  readonly match: WeightsMatch | null;
  readonly survey: Survey | null;
  /** Paths of objects that are not complete. */
  readonly lost: readonly string[];
  /** What else is not there or not as it was, for people. */
  readonly damage: readonly string[];
}

/** Of the variables that an architecture expects, how many there are and how many are complete. */
export interface VariableCounts {
  readonly complete: number;
  readonly expected: number;
}

export function countVariables({ variables }: WeightsMatch): VariableCounts {
  const own = variables.filter(({ layer, duplicate }) => layer !== null && !duplicate);
  const missing = own.filter(({ problem }) => problem === "missing");
  return { complete: own.length - missing.length, expected: own.length };
}

/** Salvages a `.keras`, packed or not, or an HDF5 file, that may be cut or damaged anywhere. */
export async function salvageModel(path: Location, files: OpenFiles): Promise<SalvagedModel> {
  const parts = await partsOf(path, files);
  const damage = new Damage(parts.lost);
  const found = parts.weights === null ? null : await findSurvivors(parts.weights);
  const config = parts.config && damage.unless(() => checked(parts.config!));
  const named = nameAll(found, parts, config, damage);
  const { tree, lost } = await unpackAll(parts.weights, found, named, files, damage);
  const model = modelOf(tree, parts, damage);
  const ownConfig = config ?? (model?.architecture || null);
  const architecture =
    ownConfig &&
    damage.unless(
      () => publishArchitecture(ownConfig, model?.family ?? "v3", versionOf(parts, model)).text,
    );
  const match =
    model === null || architecture === null
      ? null
      : damage.unless(() => matchModel(model, parseArchitecture(architecture)));
  return {
    model,
    tree,
    unnamed: named.unnamed,
    architecture,
    match,
    survey: found && surveyOf(found),
    lost,
    damage: damage.all,
  };
}

/** Collects what a refusal says, where work goes on without. */
class Damage {
  readonly all: string[];

  constructor(known: readonly string[]) {
    this.all = [...known];
  }

  unless<T>(work: () => T): T | null {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof CleaveError)) throw error;
      this.all.push(error.message);
      return null;
    }
  }
}

async function partsOf(path: Location, files: OpenFiles): Promise<SurvivingParts> {
  if (await files.isFolder(path)) return survivingParts(await folderMembers(path, files), files);
  const source = await files.open(path);
  const head = Buffer.from(await source.read(0, Math.min(2, source.size)));
  if (head.toString("latin1") !== "PK") return hdf5Alone(source);
  return survivingParts(await survivingMembers(source), files);
}

function hdf5Alone(source: ByteSource): SurvivingParts {
  const weights = wholeRange(source);
  return { config: null, metadata: null, weights, others: new Map(), lost: [] };
}

function checked(config: string): string {
  parseArchitecture(config);
  return config;
}

const nothing: SalvagedTree = {
  tree: { kind: "group", attributes: [], children: new Map() },
  unnamed: new Map(),
  lost: [],
  packed: new Map(),
};

function nameAll(
  found: Survivors | null,
  { metadata }: SurvivingParts,
  config: string | null,
  damage: Damage,
): SalvagedTree {
  if (found === null) return nothing;
  if (found.root === null) {
    damage.all.push("Nothing can be found in the HDF5 file: its start is damaged.");
    return nothing;
  }
  const groups = config === null ? [] : (damage.unless(() => groupsOf(config, metadata)) ?? []);
  return salvageTree(found.root, groups, found.found < found.stated);
}

function groupsOf(config: string, metadata: string | null): LayerGroups {
  const version = metadata === null ? null : statedVersion(metadata);
  const groups = layerGroups(walkArchitecture(parseArchitecture(config)), version);
  return [...groups].map(([layer, path]) => ({ layer: layer.name, path }));
}

function versionOf({ metadata }: SurvivingParts, model: KerasModel | null): KerasModel["keras"] {
  if (model !== null && model.keras.version !== null) return model.keras;
  return { version: metadata === null ? null : statedVersion(metadata), backend: null };
}

/** Values in chunks are unpacked one dataset at a time: one that is damaged is lost alone. */
async function unpackAll(
  range: ByteRange | null,
  found: Survivors | null,
  { tree, packed, lost }: SalvagedTree,
  files: OpenFiles,
  damage: Damage,
): Promise<{ tree: Hdf5Group; lost: readonly string[] }> {
  if (range === null || found === null || packed.size === 0) return { tree, lost };
  const unpacked = new Map<string, ByteRange | null>();
  const datasetCount = surveyOf(found).datasets;
  for (const [path, dataset] of packed) {
    const job = { range, datasets: [dataset], datasetCount };
    const values = await unpackInto(files)(job).catch((error: unknown) => {
      if (!(error instanceof CleaveError) || error.code === "IO") throw error;
      damage.all.push(error.message);
      return null;
    });
    unpacked.set(path, values?.[0] ?? null);
  }
  const failed = [...unpacked].flatMap(([path, values]) => (values === null ? [path] : []));
  return { tree: withValues(tree, unpacked, ""), lost: [...lost, ...failed] };
}

/** The tree with these values; without the datasets whose values are null. */
function withValues(
  group: Hdf5Group,
  values: ReadonlyMap<string, ByteRange | null>,
  path: string,
): Hdf5Group {
  const children = new Map<string, Hdf5Node>();
  for (const [name, child] of group.children) {
    const at = path === "" ? name : `${path}/${name}`;
    const data = values.get(at);
    if (child.kind === "group") children.set(name, withValues(child, values, at));
    else if (data !== null) children.set(name, data === undefined ? child : { ...child, data });
  }
  return { ...group, children };
}

function modelOf(tree: Hdf5Group, parts: SurvivingParts, damage: Damage): KerasModel | null {
  const { metadata, others } = parts;
  const model = damage.unless(() => {
    const legacy = legacyTree(tree);
    return (legacy && readLegacy(legacy)) ?? readV3Weights(tree) ?? null;
  });
  if (model === null || parts.config === null) return model;
  const assets = new Map<string, ByteRange>();
  const otherMembers = new Map<string, ByteRange>();
  for (const [name, range] of others) {
    if (name.startsWith("assets/")) assets.set(name.slice("assets/".length), range);
    else otherMembers.set(name, range);
  }
  const keras = versionOf(parts, model);
  const container = { ...model.container, metadata, otherMembers };
  return { ...model, keras, architecture: parts.config, assets, container };
}

/** As Keras reads it, with lists of what is there; undefined where the tree is of the other family. */
function legacyTree(tree: Hdf5Group): Hdf5Group | undefined {
  const weights = tree.children.get("model_weights");
  if (weights?.kind === "group") {
    const children = new Map(tree.children).set("model_weights", withPresentNames(weights));
    return { ...tree, children };
  }
  if (isLegacyWeights(tree)) return withPresentNames(tree);
  // A whole model of which no weights are left still has its architecture.
  if (textAttribute(tree, architectureAttribute) === null) return undefined;
  const empty = withPresentNames({ kind: "group", attributes: [], children: new Map() });
  return { ...tree, children: new Map(tree.children).set("model_weights", empty) };
}
