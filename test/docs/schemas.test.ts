import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { renameRulesJsonSchema } from "#shared/keras/variation/rename-rules.ts";
import { manifestJsonSchema } from "#shared/manifest/json-schema.ts";

test.each([
  ["manifest.schema.json", manifestJsonSchema],
  ["rename-rules.schema.json", renameRulesJsonSchema],
])("docs/%s is what is written and read (npm run schema)", (name, schema) => {
  const published = readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");

  expect(published).toBe(schema());
});
