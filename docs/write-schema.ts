import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { renameRulesJsonSchema } from "#shared/keras/variation/rename-rules.ts";
import { manifestJsonSchema } from "#shared/manifest/json-schema.ts";
import { policyJsonSchema } from "#shared/scan/policy.ts";
import { findExamples } from "./finding-examples.ts";
import { findingsPage } from "./findings-page.ts";

/** `npm run schema`: writes what is made of code in this folder anew after a change of that code. */
const pages = {
  "manifest.schema.json": manifestJsonSchema(),
  "policy.schema.json": policyJsonSchema(),
  "rename-rules.schema.json": renameRulesJsonSchema(),
  "findings.md": findingsPage(await findExamples()),
};
for (const [name, text] of Object.entries(pages)) {
  writeFileSync(fileURLToPath(new URL(name, import.meta.url)), text);
}
