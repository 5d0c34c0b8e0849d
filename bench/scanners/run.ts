import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { environments, pythonOf, scanners } from "../../test/keras/environments.ts";
import { allCases, pathOf } from "../../test/hostile-files/cases.ts";
import { modelFiles } from "../../test/support/fixtures.ts";
import type { Judgement } from "./judgement.ts";
import { comparison, type Tool } from "./table.ts";

/**
 * `npm run bench:scanners`: Keras, modelscan, modelaudit and cleave scan over the same files, and the
 * table of it in docs/security.md.
 */
const here = import.meta.dirname;
const page = join(here, "..", "..", "docs", "security.md");
const marks = ["<!-- scanners: npm run bench:scanners -->", "<!-- /scanners -->"] as const;
/** A model whose layers are those of the hostile weights. */
const base = pathOf(allCases.find(({ id }) => id === "clean-mlp-keras")!);
/** What the Keras beside them wrote, which it should read. */
const sound = modelFiles.filter(({ name }) => name.startsWith("keras-3.15.1"));
const paths = [...allCases.map(pathOf), ...sound.map(({ path }) => path)];

function python(environment: string): string {
  const found = pythonOf([...environments, scanners].find(({ name }) => name === environment)!);
  if (found === undefined) throw new Error(`There is no Python for ${environment}.`);
  return found;
}

function judge(tool: string, environment: string): Judgement[] {
  process.stderr.write(`${tool}: ${paths.length} files\n`);
  const { stdout, status } = spawnSync(python(environment), [join(here, "judge.py"), tool, base], {
    input: `${paths.join("\n")}\n`,
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
    stdio: ["pipe", "pipe", "ignore"],
  });
  if (status !== 0) throw new Error(`${tool} ended with ${status}.`);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Judgement);
}

function judgeOurs(): Judgement[] {
  process.stderr.write(`cleave: ${paths.length} files\n`);
  return paths.map((path) => {
    const text = execFileSync(process.execPath, [join(here, "ours.ts"), path], {
      encoding: "utf8",
    });
    return JSON.parse(text) as Judgement;
  });
}

const tools: readonly Tool[] = [
  { name: "cleave scan", judgements: judgeOurs() },
  { name: "Keras 3.15.1 `load_model`", judgements: judge("keras", "keras3") },
  { name: "modelscan 0.8.8", judgements: judge("modelscan", "scanners") },
  { name: "modelaudit 0.2.54", judgements: judge("modelaudit", "scanners") },
];
const before = readFileSync(page, "utf8");
const start = before.indexOf(marks[0]);
const end = before.indexOf(marks[1]);
if (start < 0 || end < start) throw new Error("docs/security.md has no place for the table.");
const text = comparison(tools, allCases, sound.length);
writeFileSync(page, `${before.slice(0, start)}${marks[0]}\n\n${text}\n${before.slice(end)}`);
