import { manifestSchemaId } from "../manifest/schema-id.ts";
import type { S3Object } from "../stores/s3/object.ts";
import { schemaMetadata } from "../stores/s3/upload-folder.ts";

/**
 * Whether an older Cleave has written a manifest, by its metadata: the last number of a schema id counts
 * up. What a newer one has written is left alone.
 */
export function isOfOlderSchema({ metadata }: S3Object): boolean {
  return numberOf(metadata[schemaMetadata] ?? "") < numberOf(manifestSchemaId);
}

function numberOf(id: string): number {
  return Number(/:(\d+)$/.exec(id)?.[1] ?? 0);
}
