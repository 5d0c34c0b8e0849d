import type { Layout } from "../bytes/layout.ts";
import type { Hdf5Layout } from "../hdf5/lay-out.ts";
import type { Hdf5Dataset, Hdf5Group } from "../hdf5/model.ts";
import { allDatasets, holdsStrings, type Located } from "../hdf5/tree.ts";
import type { PublishedArchitecture } from "../keras/architecture-text.ts";
import { dtypeOf } from "../keras/dtype.ts";
import type { VariableMatch, WeightsMatch } from "../keras/layers/report.ts";
import type { KerasModel } from "../keras/model.ts";
import type { Decision } from "../scan/policy.ts";
import type { Moved } from "../stores/store.ts";
import { attributeToManifest } from "./attributes.ts";
import { findings } from "./findings.ts";
import * as names from "./names.ts";
import type { Manifest, ManifestArtifact, ManifestSource, ManifestTensor } from "./schema.ts";
import { manifestSchemaId } from "./schema-id.ts";

export interface WrittenArtifacts {
  readonly layouts: ReadonlyMap<string, Layout>;
  readonly written: ReadonlyMap<string, Moved>;
}

export interface SplitFacts {
  readonly source: ManifestSource;
  readonly model: KerasModel;
  readonly published: PublishedArchitecture;
  readonly match: WeightsMatch;
  readonly artifacts: WrittenArtifacts;
  readonly scan: Pick<Decision, "verdict" | "findings">;
  readonly options: Manifest["options"];
}

/** The manifest of a finished split: a function of the model's bytes and the options alone. */
export function describeSplit(facts: SplitFacts): Manifest {
  const { source, model, published, match, artifacts, scan, options } = facts;
  const { container, weights, training } = model;
  const artifact = (file: string): ManifestArtifact => {
    const { size, crc32 } = artifacts.written.get(file)!;
    return { file, size, crc32: hexadecimal(crc32) };
  };
  const folder = (name: string): ManifestArtifact[] =>
    [...artifacts.written.keys()].filter((file) => file.startsWith(`${name}/`)).map(artifact);

  const variables = new Map(match.variables.map((variable) => [variable.tensor, variable]));
  const shards = [...artifacts.written.keys()].filter(isShard);
  const weightsFile = shards.length > 0 ? names.shardIndexFile : names.weightsFile[model.family];
  const weightTensors = tensors(weights, shards.length > 0 ? shards : [weightsFile], artifacts).map(
    ({ path, ...tensor }): ManifestTensor => ({ path, ...owner(variables.get(path)), ...tensor }),
  );
  const stateTensors = training && tensors(training, [names.trainingFile], artifacts);
  const config = model.family === "v3" ? published.compileConfig : model.trainingConfig;
  const assets = folder(names.assetsFolder);
  return {
    schema: manifestSchemaId,
    source,
    model: {
      family: model.family,
      class: match.model.className,
      name: match.model.name,
      kerasVersion: model.keras.version,
      backend: model.keras.backend,
    },
    architecture: {
      ...artifact(names.architectureFile),
      edits: published.edits.filter(({ added }) => options.training || added !== ""),
      layers: match.layers.map((layer) => ({
        path: layer.path,
        name: layer.name,
        class: layer.className,
        depth: layer.depth,
        parameters: layer.parameters,
        trainable: layer.trainable,
        outputShape: layer.outputShape && [...layer.outputShape],
        checked: layer.status !== "not checked",
      })),
    },
    weights: {
      ...artifact(weightsFile),
      ...(shards.length > 0 ? { shards: shards.map(artifact) } : {}),
      tensors: weightTensors,
    },
    training:
      options.training && (config !== null || stateTensors !== null)
        ? {
            config,
            state: stateTensors && { ...artifact(names.trainingFile), tensors: stateTensors },
          }
        : null,
    assets,
    container: {
      rootAttributes: container.rootAttributes
        .filter(({ name }) => options.training || name !== "training_config")
        .map(attributeToManifest),
      metadata: container.metadata,
      otherObjects: container.otherObjects && artifact(names.otherObjectsFile),
      otherMembers: folder(names.otherMembersFolder),
    },
    totals: {
      layers: match.counts.layers,
      tensors: weightTensors.length,
      parameters: match.counts.parameters,
      trainableParameters: match.counts.trainable,
      weightBytes: sum(weightTensors.map(({ length }) => length)),
      trainingBytes: sum((stateTensors ?? []).map(({ length }) => length)),
      assetBytes: sum(assets.map(({ size }) => size)),
    },
    findings: findings(match),
    scan: {
      verdict: scan.verdict,
      findings: scan.findings.map(({ id, severity, message, where, allowed }) => ({
        id,
        severity,
        message,
        part: where.part,
        pointer: where.pointer ?? null,
        allowed,
      })),
    },
    options,
  };
}

function owner(variable: VariableMatch | undefined): Pick<ManifestTensor, "layer" | "variable"> {
  return { layer: variable?.layer ?? null, variable: variable?.variable ?? null };
}

function isShard(file: string): boolean {
  return file.startsWith(`${names.shardsBase}_`) && /_\d{5}\.weights\.h5$/.test(file);
}

/** Where each tensor of a tree stands in its artifact or one of them, in order of their paths. */
function tensors(
  root: Hdf5Group,
  files: readonly string[],
  { layouts, written }: WrittenArtifacts,
): Omit<ManifestTensor, "layer" | "variable">[] {
  const places = files.flatMap((file) =>
    [...(layouts.get(file) as Hdf5Layout).offsets].map(
      ([node, offset]) => [node, { file, offset }] as const,
    ),
  );
  const placeOf = new Map(places);
  return allDatasets(root)
    .map(({ path, node }: Located<Hdf5Dataset>) => {
      const place = placeOf.get(node);
      const { digests } = written.get(place?.file ?? files[0]!)!;
      const digest = "source" in node.data ? digests.get(node.data) : undefined;
      return {
        path,
        dtype: dtypeOf(node),
        shape: node.shape && [...node.shape],
        offset: place?.offset ?? null,
        length: holdsStrings(node) ? node.data.length * node.datatype.size : node.data.length,
        ...(place !== undefined && isShard(place.file) ? { shard: place.file } : {}),
        ...(digest === undefined ? {} : { sha256: digest }),
      };
    })
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

export function hexadecimal(crc32: number): string {
  return crc32.toString(16).padStart(8, "0");
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
