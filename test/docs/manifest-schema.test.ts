import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { manifestJsonSchema } from "#shared/manifest/json-schema.ts";

test("the published JSON Schema is that of the manifests that are written (npm run schema)", () => {
  const published = readFileSync(
    new URL("../../docs/manifest.schema.json", import.meta.url),
    "utf8",
  );

  expect(published).toBe(manifestJsonSchema());
});
