import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { functionNames } from "../../functions/names.ts";
import { CleavePipeline } from "../../infra/cleave-pipeline.ts";
import type { CleavePipelineProps } from "../../infra/props.ts";

const { context } = JSON.parse(
  readFileSync(fileURLToPath(new URL("../../cdk.json", import.meta.url)), "utf8"),
) as { context: Record<string, unknown> };

/** Something in place of the bundles, which take long to make. */
export const functionsFolder = mkdtempSync(join(tmpdir(), "cleave-test-functions-"));
for (const name of functionNames) {
  mkdirSync(join(functionsFolder, name));
  writeFileSync(join(functionsFolder, name, "index.mjs"), `export const handler = "${name}";\n`);
}

export function newApp(more: Readonly<Record<string, unknown>> = {}): App {
  return new App({ context: { ...context, ...more } });
}

/** The template of a stack with the pipeline alone in it. */
export function synthesize(
  props: CleavePipelineProps | ((stack: Stack) => CleavePipelineProps) = {},
): Template {
  const stack = new Stack(newApp(), "Test");
  const given = typeof props === "function" ? props(stack) : props;
  new CleavePipeline(stack, "Pipeline", { functionsFolder, ...given });
  return Template.fromStack(stack);
}
