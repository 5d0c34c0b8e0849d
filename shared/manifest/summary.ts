import { artifacts } from "./artifacts.ts";
import type { Manifest, ManifestArtifact } from "./schema.ts";

export type ArtifactKind =
  | "architecture"
  | "weights"
  | "shard"
  | "training"
  | "asset"
  | "other objects"
  | "other member";

/** What a split has made, without its tensors and layers. */
export interface SplitSummary {
  /** Name of the model, or its key. */
  readonly key: string;
  /** Of the model, in bytes. */
  readonly size: number;
  readonly model: Manifest["model"];
  readonly totals: Manifest["totals"];
  readonly findings: readonly string[];
  /** What the policy does not allow. */
  readonly scan: Manifest["scan"];
  readonly artifacts: readonly ArtifactSummary[];
}

export interface ArtifactSummary {
  readonly file: string;
  /** In bytes. */
  readonly size: number;
  readonly crc32: string;
  readonly holds: ArtifactKind;
  /** Null where it holds something else. */
  readonly tensors: number | null;
}

export function summarise(manifest: Manifest): SplitSummary {
  const { source, model, totals, findings, scan } = manifest;
  return {
    key: source.key,
    size: source.size,
    model,
    totals,
    findings: findings.map(({ message }) => message),
    scan: { ...scan, findings: scan.findings.filter(({ allowed }) => !allowed) },
    artifacts: artifacts(manifest).map((artifact) => summariseArtifact(manifest, artifact)),
  };
}

function summariseArtifact(
  { architecture, weights, training, container }: Manifest,
  { file, size, crc32 }: ManifestArtifact,
): ArtifactSummary {
  const as = (holds: ArtifactKind, tensors: number | null = null): ArtifactSummary => {
    return { file, size, crc32, holds, tensors };
  };
  if (file === architecture.file) return as("architecture");
  if (weights.shards?.some((shard) => shard.file === file)) {
    return as("shard", weights.tensors.filter(({ shard }) => shard === file).length);
  }
  if (file === weights.file) return as("weights", weights.tensors.length);
  if (file === training?.state?.file) return as("training", training.state.tensors.length);
  if (file === container.otherObjects?.file) return as("other objects");
  const isOther = container.otherMembers.some((other) => other.file === file);
  return as(isOther ? "other member" : "asset");
}
