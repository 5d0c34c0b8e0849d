import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { renameRulesJsonSchema } from "#shared/keras/variation/rename-rules.ts";
import { manifestJsonSchema } from "#shared/manifest/json-schema.ts";
import { policyJsonSchema } from "#shared/scan/policy.ts";
import { findExamples } from "../../docs/finding-examples.ts";
import { findingsPage } from "../../docs/findings-page.ts";

test.each([
  ["manifest.schema.json", manifestJsonSchema],
  ["policy.schema.json", policyJsonSchema],
  ["rename-rules.schema.json", renameRulesJsonSchema],
])("docs/%s is what is written and read (npm run schema)", (name, schema) => {
  const published = readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");

  expect(published).toBe(schema());
});

test("docs/findings.md has every rule as it is, and examples as they are said (npm run schema)", async () => {
  const published = readFileSync(new URL("../../docs/findings.md", import.meta.url), "utf8");

  expect(published).toBe(findingsPage(await findExamples()));
});
