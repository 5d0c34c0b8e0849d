import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * `npm run test:package`: packs the project, installs the package elsewhere, and uses command and
 * library with the oldest Node that `engines` allows, with the system's and with the project's own.
 */
const root = fileURLToPath(new URL("../..", import.meta.url));
const { devDependencies, engines, version } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8"),
) as {
  devDependencies: Record<string, string>;
  engines: { node: string };
  version: string;
};
/** Bytes, of what a function loads before its first event. */
const largestBundle = 1_500_000;
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
  expect(run("npx", ["--no", "cleave", "where", "--help"]).includes("--stack NAME"), "npx cleave");
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
  synthesizeElsewhere();
  for (const node of [join(nodes, "node_modules/.bin/node"), "node", process.execPath]) use(node);
  console.log("\nThe package works.");
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The construct in a CDK app that has nothing of ours but the package. */
function synthesizeElsewhere(): void {
  const cdk = ["aws-cdk-lib", "constructs"].map((name) => `${name}@${devDependencies[name]}`);
  run("npm", ["install", "--silent", ...cdk]);
  writeFileSync(
    join(folder, "app.mjs"),
    'import { App, Stack } from "aws-cdk-lib";\n' +
      'import { CleavePipeline } from "keras-cleave/cdk";\n' +
      'const app = new App({ outdir: "cdk.out" });\n' +
      'new CleavePipeline(new Stack(app, "Theirs"), "Cleave", { schedule: null });\n' +
      "app.synth();\n",
  );
  const wrong =
    'import { App, Stack } from "aws-cdk-lib";\n' +
    'import { CleavePipeline } from "keras-cleave/cdk";\n' +
    'new CleavePipeline(new Stack(new App()), "Cleave", { memory: { split: 64 } });\n';
  writeFileSync(join(folder, "wrong.mjs"), wrong);
  const { stderr } = spawnSync("node", ["wrong.mjs"], { cwd: folder, encoding: "utf8" });
  expect(stderr.includes("memory.split is 64"), "the construct checks its props");
  run("node", ["app.mjs"]);
  const output = join(folder, "cdk.out");
  const template = readFileSync(join(output, "Theirs.template.json"), "utf8");
  const functions = template.match(/"AWS::Lambda::Function"/g) ?? [];
  expect(functions.length === 6, "the construct has six functions");
  const bundles = readdirSync(output).filter((name) => existsSync(join(output, name, "index.mjs")));
  expect(bundles.length === 6, "the construct finds the functions of the package");
  const sizes = bundles.map((name) => statSync(join(output, name, "index.mjs")).size);
  expect(Math.max(...sizes) < largestBundle, "each function starts with less than 1.5 MB of code");
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
  for (const verb of ["where", "invoke"]) {
    expect(cleave(verb, "--help").includes("--stack NAME"), `${verb} --help`);
  }
  asksAws(node);
  console.log(`${run(node, ["--version"]).trim()}: ok`);
}

/** With nobody there to answer, verbs that ask AWS must come as far as saying so. */
function asksAws(node: string): void {
  const nobody = {
    AWS_ENDPOINT_URL: "http://127.0.0.1:9",
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "none",
    AWS_SECRET_ACCESS_KEY: "none",
    AWS_MAX_ATTEMPTS: "1",
  };
  for (const verb of [["where"], ["invoke", "split"]]) {
    const { stdout } = spawnSync(
      node,
      [join(folder, "node_modules/.bin/cleave"), ...verb, "s3://a/b", "--stack", "S", "--json"],
      { cwd: folder, env: { ...process.env, ...nobody, PATH: systemPath }, encoding: "utf8" },
    );
    const { error } = JSON.parse(stdout) as { error: { code: string } };
    expect(error.code === "STORE_UNAVAILABLE", `${verb.join(" ")} asks for a stack`);
  }
}

function expect(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(`Broken: ${what}.`);
}
