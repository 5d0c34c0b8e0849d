import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { renameRulesJsonSchema } from "#shared/keras/variation/rename-rules.ts";
import { manifestJsonSchema } from "#shared/manifest/json-schema.ts";

/** `npm run schema`: writes the JSON Schemas in this folder anew after a change of what they describe. */
const schemas = {
  "manifest.schema.json": manifestJsonSchema(),
  "rename-rules.schema.json": renameRulesJsonSchema(),
};
for (const [name, text] of Object.entries(schemas)) {
  writeFileSync(fileURLToPath(new URL(name, import.meta.url)), text);
}
