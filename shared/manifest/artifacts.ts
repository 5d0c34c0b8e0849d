import type { Manifest, ManifestArtifact } from "./schema.ts";

/** Every file a manifest stands for, in the order they are written. */
export function artifacts(manifest: Manifest): ManifestArtifact[] {
  const { architecture, weights, training, assets, container } = manifest;
  return [
    architecture,
    weights,
    ...(weights.shards ?? []),
    training?.state,
    container.otherObjects,
    ...assets,
    ...container.otherMembers,
  ].filter((artifact) => artifact !== null && artifact !== undefined);
}

export function artifactNames(manifest: Manifest): string[] {
  return artifacts(manifest).map(({ file }) => file);
}
