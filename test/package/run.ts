import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * `npm run test:package`: packs the project, installs the package elsewhere, and uses command and
 * library with the oldest Node that `engines` allows, with the system's and with the project's own.
 */
const root = fileURLToPath(new URL("../..", import.meta.url));
const { engines, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  engines: { node: string };
  version: string;
};
const oldest = `${engines.node.replace(">=", "")}.0`;
const folder = mkdtempSync(join(tmpdir(), "cleave-package-"));

/** npm puts the project's Node first on the PATH of its scripts; installing is the system's job. */
const systemPath = process.env["PATH"]!.split(":")
  .filter((entry) => !entry.includes("node_modules"))
  .join(":");

function run(program: string, args: readonly string[], cwd = folder): string {
  const environment = { ...process.env, PATH: systemPath };
  return execFileSync(program, args, { cwd, env: environment, encoding: "utf8" });
}

try {
  run("npm", ["run", "build"], root);
  const [packed] = JSON.parse(
    run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], root),
  ) as [{ filename: string }];
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  run("npm", ["install", "--silent", join(folder, packed.filename)]);
  const nodes = join(folder, "nodes");
  mkdirSync(nodes);
  const allowed = { private: true, allowScripts: { node: true } };
  writeFileSync(join(nodes, "package.json"), JSON.stringify(allowed));
  run("npm", ["install", "--silent", `node@${oldest}`], nodes);
  copyFileSync(
    join(root, "test/fixtures/keras-3.15.1-jax/classic.keras"),
    join(folder, "classic.keras"),
  );
  writeFileSync(
    join(folder, "library.ts"),
    'import { split, type SplitResult } from "keras-cleave";\n' +
      'const { manifest }: SplitResult = await split("classic.keras", { out: "library", force: true });\n' +
      "console.log(manifest.totals.parameters);\n",
  );
  run(join(root, "node_modules/.bin/tsc"), [
    "--noEmit",
    "--strict",
    "--target",
    "es2023",
    "--module",
    "nodenext",
    "library.ts",
  ]);
  for (const node of [join(nodes, "node_modules/.bin/node"), "node", process.execPath]) use(node);
  console.log("\nThe package works.");
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function use(node: string): void {
  const cleave = (...args: string[]): string =>
    run(node, [join(folder, "node_modules/.bin/cleave"), ...args]);
  expect(cleave("--version").trim() === version, "--version");
  cleave("split", "classic.keras", "--out", "parts", "--force");
  cleave("verify", "parts", "--against", "classic.keras");
  cleave("recombine", "parts", "--out", "again.keras", "--force");
  const { parameters } = JSON.parse(cleave("inspect", "again.keras", "--json")) as {
    parameters: number;
  };
  expect(parameters > 0, "inspect counts parameters");
  const library =
    'import("keras-cleave").then(({ inspect }) => inspect("again.keras")).then((i) => console.log(i.parameters))';
  expect(
    run(node, ["-e", library]).trim() === String(parameters),
    "the library agrees with the command",
  );
  console.log(`${run(node, ["--version"]).trim()}: ok`);
}

function expect(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(`Broken: ${what}.`);
}
