import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { stackSettings } from "../../local/pipeline/stack-settings.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folders = temporaryFolder();

function folderWith(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(folders, "cdk-"));
  const all = { "cdk.json": { app: "true" }, ...files };
  for (const [name, content] of Object.entries(all)) {
    writeFileSync(join(folder, name), JSON.stringify(content));
  }
  return folder;
}

function policyOf(settings: Readonly<Record<string, string>>): unknown {
  return JSON.parse(settings["CLEAVE_POLICY"] ?? "null");
}

const notify = { findings: { KS101: "notify" } };
const allow = { findings: { KS101: "allow" } };

describe("the pipeline on this machine has other settings than the stack", () => {
  test("where there are none", () => {
    expect(stackSettings(folderWith({}))).toEqual({ CLEAVE_KEY_PATTERNS: "*.keras,*.h5,*.hdf5" });
  });

  test("of a policy.json beside cdk.json", () => {
    const settings = stackSettings(folderWith({ "policy.json": notify }));
    expect(policyOf(settings)).toMatchObject(notify);
  });

  test("of a policy that cdk.json names, or has in it", () => {
    const named = { context: { cleave: { policy: "ours.json" } } };
    const files = { "cdk.json": named, "policy.json": notify, "ours.json": allow };
    expect(policyOf(stackSettings(folderWith(files)))).toMatchObject(allow);

    const inline = { context: { cleave: { policy: allow } } };
    expect(policyOf(stackSettings(folderWith({ ...files, "cdk.json": inline })))).toMatchObject(
      allow,
    );
  });

  test("of key patterns and limits", () => {
    const cleave = { keyPatterns: ["prod/*.keras"], limits: { layers: 7 } };
    expect(stackSettings(folderWith({ "cdk.json": { context: { cleave } } }))).toMatchObject({
      CLEAVE_KEY_PATTERNS: "prod/*.keras",
      CLEAVE_LIMITS: "layers=7",
    });
  });

  test.each([
    [{ "policy.json": { findings: { KS1: "allow" } } }, /policy\.json.*KS1/s],
    [{ "cdk.json": { context: { cleave: { polcy: {} } } } }, /polcy/],
  ])("that it starts with, although they are wrong: %j", (files, message) => {
    expect(() => stackSettings(folderWith(files))).toThrow(message);
  });
});
