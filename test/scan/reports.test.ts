import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Ajv, type AnySchema } from "ajv";
import addFormats from "ajv-formats";
import { expect, test } from "vitest";
import { scan, type Scan } from "#shared/scan.ts";
import { toMarkdown } from "#shared/scan/markdown.ts";
import { toMlBom } from "#shared/scan/ml-bom.ts";
import { toSarif } from "#shared/scan/sarif.ts";
import { allCases, pathOf } from "../hostile-files/cases.ts";
import { fixture } from "../support/fixtures.ts";

const { resolve } = createRequire(import.meta.url);

function schema(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
}

/** The schemas have formats that Ajv does not know, of addresses in other scripts. */
function validator(main: AnySchema, others: Readonly<Record<string, AnySchema>> = {}) {
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false, unicodeRegExp: false });
  addFormats.default(ajv);
  for (const [id, other] of Object.entries(others)) ajv.addSchema(other, id);
  const validate = ajv.compile(main);
  return (text: string): unknown => {
    void validate(JSON.parse(text));
    return validate.errors;
  };
}

const models: Scan[] = [];
for (const given of allCases) models.push(await scan(pathOf(given)));
models.push(await scan(fixture("keras-3.15.1-jax/classic.keras")));

test("SARIF is valid by its schema, for every file that there is", () => {
  const folder = resolve("schemastore/package.json").replace(/package\.json$/, "schemas/json/");
  // It is of a draft of JSON Schema whose names for itself Ajv refuses; the rest is the same.
  const { id: _id, $schema: _draft, ...sarif } = schema(`${folder}sarif-2.1.0-rtm.5.json`);
  const errors = validator(sarif);

  expect(errors(toSarif(models, "1.0.0"))).toBeNull();
});

test("the bill of materials is valid CycloneDX 1.6, for every file that there is", () => {
  const folder = resolve("@cyclonedx/cyclonedx-library/package.json").replace(
    /package\.json$/,
    "res/schema/",
  );
  const named = (name: string): [string, AnySchema] => {
    const file = `${name}.SNAPSHOT.schema.json`;
    const { $id: _id, ...content } = schema(`${folder}${file}`);
    return [`http://cyclonedx.org/schema/${file}`, content];
  };
  const main = schema(`${folder}bom-1.6.SNAPSHOT.schema.json`);
  const text = toMlBom(models, "1.0.0");

  expect(validator(main, Object.fromEntries(["spdx", "jsf-0.82"].map(named)))(text)).toBeNull();
  expect(text).toContain("machine-learning-model");
  expect(text).toContain("CVE-2025-1550");
});

test("Markdown of hostile names has no link, mention or markup of theirs", () => {
  const hostile = {
    ...models[0]!,
    path: "a`b|c\n# x",
    findings: models[0]!.findings.map((found) => ({
      ...found,
      message: "<img src=x> [a](b) @all **x**",
    })),
  };

  const text = toMarkdown({ verdict: "dangerous", models: [hostile], passedOver: 0 });

  expect(text).not.toMatch(/<img|\[a\]\(b\)|@all|\n# x/);
});
