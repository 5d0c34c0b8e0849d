import { CleaveError, quote } from "../errors.ts";
import { stringBytes } from "../hdf5/attributes.ts";
import { allDatasets, allNodes } from "../hdf5/tree.ts";
import { parseArchitecture } from "../keras/architecture-text.ts";
import { differingParts } from "../keras/differing-parts.ts";
import type { Problem, WeightsMatch } from "../keras/layers/report.ts";
import { sorted } from "../keras/v3.ts";
import { matchModel } from "../keras/match-model.ts";
import type { Family, KerasModel, KerasVersion } from "../keras/model.ts";
import { findings as mismatches } from "../manifest/findings.ts";
import { scanArchitecture } from "./architecture.ts";
import { finding, type ScanFinding } from "./finding.ts";
import { findingOfRefusal } from "./refusal.ts";
import type { RuleId } from "./rules.ts";
import { scanContents } from "./scan-contents.ts";
import { scanTree } from "./scan-tree.ts";
import type { JsonPart } from "./serialized.ts";

/** What a scan says of one model. */
export interface ModelScan {
  readonly findings: readonly ScanFinding[];
  /** Whether structure, configurations and small members were inspected, every byte accounted for. */
  readonly inspected: boolean;
  readonly family: Family | null;
  readonly keras: KerasVersion | null;
  /** What the architecture is, of a model that has one which can be read. */
  readonly summary: ModelSummary | null;
  /** Tensors in the file, training state included. */
  readonly tensors: number;
  /** Of no use to anybody in the file: free space and what stands outside its structures. */
  readonly unclaimedBytes: number;
  /**
   * Whether tensors were compared with the checksums that the file states; values are no part of the
   * verdict.
   */
  readonly tensorBytes: "verified" | "unverified";
}

export interface ModelSummary {
  readonly className: string;
  readonly name: string | null;
  readonly parameters: number;
  /** Classes of layers, and how many there are of each. */
  readonly layers: readonly (readonly [className: string, count: number])[];
}

const ruleOfProblem: Readonly<Record<Problem, RuleId>> = {
  missing: "KB713",
  extra: "KB714",
  shape: "KB715",
  dtype: "KB716",
  order: "KB718",
};

/**
 * Scans a model that has been opened, so that its structure has been found sound.
 *
 * @param checksums compare tensors with the checksums that the file states, which reads all of them
 */
export async function scanModel(model: KerasModel, checksums: boolean): Promise<ModelScan> {
  const { architecture, trainingConfig, container, keras } = model;
  const kerasVersion = keras.version;
  const parts: JsonPart[] = [];
  const isV3 = model.family === "v3";
  if (architecture !== null) {
    const part = isV3 ? "config.json" : "model_config";
    parts.push({ part, text: architecture, kerasVersion });
  }
  if (trainingConfig !== null) {
    parts.push({ part: "training_config", text: trainingConfig, kerasVersion });
  }
  for (const [part, text] of [...otherTexts(model), ...(await otherConfigs(model))]) {
    parts.push({ part, text, kerasVersion });
  }
  if (container.metadata !== null) {
    parts.push({ part: "metadata.json", text: container.metadata, kerasVersion });
  }
  const texts = scanTexts(parts);
  const fit = texts.inspected ? scanFit(model) : { ...texts, findings: [], summary: null };
  const contents = await scanContents(model);
  const verified = checksums && model.statedChecksums.length > 0;
  const damaged = verified ? await differingParts(model.statedChecksums, new Map()) : [];
  const findings = [
    ...texts.findings,
    ...scanTree(model.weights),
    ...(model.training === null ? [] : scanTree(model.training)),
    ...contents,
    ...damaged.map((name) =>
      finding(
        "KB707",
        { part: quote(name).slice(1, -1) },
        `The member ${quote(name)} does not match its checksum.`,
      ),
    ),
    ...fit.findings,
  ];
  const inspected = texts.inspected && fit.inspected;
  return {
    findings,
    inspected,
    family: model.family,
    keras,
    summary: fit.summary,
    tensors:
      allDatasets(model.weights).length +
      (model.training === null ? 0 : allDatasets(model.training).length),
    unclaimedBytes: container.unclaimed.reduce((sum, { range }) => sum + range.length, 0),
    tensorBytes: verified ? "verified" : "unverified",
  };
}

/**
 * Attributes that hold JSON beside the two that Keras reads, wherever they are. A file that is laid out as
 * weights may have an architecture too: loaders of some versions look for that first.
 */
function otherTexts(model: KerasModel): [name: string, text: string][] {
  const { architecture, trainingConfig, container, weights, training } = model;
  const trees = [weights, training, container.otherObjects].filter((tree) => tree !== null);
  const known = [architecture, trainingConfig];
  const attributes = [
    ...container.rootAttributes,
    ...trees.flatMap((tree) => allNodes(tree).flatMap(({ node }) => node.attributes)),
  ];
  return attributes.flatMap((attribute): [string, string][] => {
    const texts = (stringBytes(attribute) ?? []).map((bytes) =>
      Buffer.from(bytes).toString("utf8"),
    );
    // A long text may stand in pieces.
    const all = texts.length > 1 ? [...texts, texts.join("")] : texts;
    return all
      .map(upToNul)
      .filter((text) => !known.includes(text) && isJson(text))
      .map((text) => [quote(attribute.name).slice(1, -1), text]);
  });
}

/** More are no copies of a configuration. */
const mostConfigs = 16;
const longestConfig = 4 * 1024 * 1024;

/** Members that hold an architecture beside the one that Keras reads. */
async function otherConfigs({
  assets,
  container,
}: KerasModel): Promise<[name: string, text: string][]> {
  const all = [
    ...container.otherMembers,
    ...[...assets].map(([path, range]) => [`assets/${path}`, range] as const),
  ];
  const found: [string, string][] = [];
  for (const [name, { source, offset, length }] of all) {
    if (found.length === mostConfigs || length > longestConfig || !/\.json|config/i.test(name))
      continue;
    const text = Buffer.from(await source.read(offset, length)).toString("utf8");
    if (text.includes("class_name") && isJson(text)) found.push([quote(name).slice(1, -1), text]);
  }
  return found;
}

/** Readers in C see no more of it. */
function upToNul(text: string): string {
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

/** What is no JSON is no configuration of anybody's. */
function isJson(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

interface Scanned {
  readonly findings: readonly ScanFinding[];
  readonly inspected: boolean;
}

/** Configurations; one that cannot be read is a finding itself, and the file is not inspected. */
export function scanTexts(parts: readonly JsonPart[]): Scanned {
  const findings: ScanFinding[] = [];
  let inspected = true;
  for (const part of parts) {
    try {
      findings.push(...scanArchitecture(part));
    } catch (error) {
      findings.push(refusalOf(error));
      inspected = false;
    }
  }
  return { findings, inspected };
}

/** Whether weights and architecture belong together. */
function scanFit(model: KerasModel): Scanned & { readonly summary: ModelSummary | null } {
  if (model.architecture === null) {
    return { findings: withoutArchitecture(model), inspected: true, summary: null };
  }
  try {
    const match = matchModel(model, parseArchitecture(model.architecture));
    const findings = mismatches(match).map(({ problem, tensor, message }) =>
      finding(
        ruleOfProblem[problem],
        { part: tensor === null ? null : quote(tensor, 500).slice(1, -1) },
        `${message}.`,
      ),
    );
    return { findings, inspected: true, summary: summarise(match) };
  } catch (error) {
    return { findings: [refusalOf(error)], inspected: false, summary: null };
  }
}

function summarise({ model, layers, counts }: WeightsMatch): ModelSummary {
  const classes = new Map<string, number>();
  for (const { className } of layers) classes.set(className, (classes.get(className) ?? 0) + 1);
  return { ...model, parameters: counts.parameters, layers: sorted(classes) };
}

/** Weights alone have none; a whole-model file has lost it. */
function withoutArchitecture({ container, family }: KerasModel): ScanFinding[] {
  if (family === "v3" || container.rootAttributes.length === 0) return [];
  const message =
    "The file is laid out as a whole model and has no model_config: the architecture is missing.";
  return [finding("KB712", { part: "model_config" }, message)];
}

/** @throws what is not about the file */
export function refusalOf(error: unknown): ScanFinding {
  const found = error instanceof CleaveError ? findingOfRefusal(error) : undefined;
  if (found === undefined) throw error;
  return found;
}
