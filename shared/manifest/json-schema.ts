import * as z from "zod";
import { manifestSchema } from "./schema.ts";
import { manifestSchemaId } from "./schema-id.ts";

/** The manifest's shape as JSON Schema 2020-12, as it is published in docs/manifest.schema.json. */
export function manifestJsonSchema(): string {
  const schema = { $id: manifestSchemaId, ...z.toJSONSchema(manifestSchema) };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
