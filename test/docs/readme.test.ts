import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { fixture } from "../support/fixtures.ts";
import { temporaryFolder } from "../support/temporary.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const folder = temporaryFolder();

test("the README shows what the commands in it print", () => {
  copyFileSync(fixture("keras-3.15.1-jax/classic.keras"), join(folder, "classic.keras"));
  const shown = [...readme.matchAll(/^\$ cleave (.*)\n((?:(?!\$ |```).*\n)*)/gm)];

  const printed = shown.map(([, command]) => {
    if (command!.includes("wider.json")) edit("wider.json", ['"units": 32', '"units": 64']);
    if (command!.includes("new_head.json"))
      edit("new_head.json", ['"units": 10', '"units": 4'], ['"dense_1"', '"animal"']);
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, "cli/main.ts"), ...command!.split(" ")],
      { cwd: folder, encoding: "utf8" },
    );
    return `${(stdout + stderr).trimEnd()}\n`;
  });

  expect(shown.length).toBeGreaterThan(3);
  expect(printed).toEqual(shown.map(([, , output]) => output));
});

/** The split model's architecture with these replacements. */
function edit(name: string, ...edits: readonly [from: string, to: string][]): void {
  const architecture = readFileSync(join(folder, "classic.cleave/architecture.json"), "utf8");
  const edited = edits.reduce((text, [from, to]) => text.replaceAll(from, to), architecture);
  writeFileSync(join(folder, name), edited);
}

test("the two commands at the top of the README are scripts of the package", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };

  expect(readme).toContain("npm ci && npm start");
  expect(readme).toContain("npm ci && npm test");
  expect(scripts).toHaveProperty("start");
  expect(scripts).toHaveProperty("test");
});
