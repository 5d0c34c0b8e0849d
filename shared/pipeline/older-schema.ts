import { manifestSchemaId } from "../manifest/schema-id.ts";
import type { S3Object } from "../stores/s3/object.ts";
import { schemaMetadata } from "../stores/s3/upload-folder.ts";
import { schemaNumber } from "./schema-number.ts";

/**
 * Whether an older Cleave has written a manifest, by its metadata. What a newer one has written is left
 * alone.
 */
export function isOfOlderSchema({ metadata }: S3Object): boolean {
  return schemaNumber(metadata[schemaMetadata] ?? "") < schemaNumber(manifestSchemaId);
}
