import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cleaveAll, type Cleaved } from "./cleave.ts";
import { judgeDoctor } from "./doctor.ts";
import { environments, pythonOf, type Environment } from "./environments.ts";
import { subjects } from "./fixtures.ts";
import { judgeWith } from "./judge-with.ts";
import { judges, type Judge } from "./judges.ts";
import { assertPypiReachable } from "./pypi.ts";
import { tableOf, type Row } from "./table.ts";
import { judgeVariations } from "./variations.ts";
import { endWithUsage, scriptOptions } from "../../local/processes/script-options.ts";

const HELP = `Real Keras, h5py and zipfile judge what cleave makes of the fixtures.

node test/keras/run.ts [--only TEXT] [--env NAME] [--keep]
  --only TEXT  only files whose path has TEXT in it
  --env NAME   only judges of this environment: ${environments.map((one) => one.name).join(", ")}
  --keep       leave the files that cleave wrote, and say where`;

const options = scriptOptions(
  {
    only: { type: "string", default: "" },
    env: { type: "string" },
    keep: { type: "boolean", default: false },
  },
  HELP,
);

if (options.env !== undefined && environments.every(({ name }) => name !== options.env)) {
  endWithUsage(`There is no environment "${options.env}".`, HELP);
}
process.exitCode = await main();

async function main(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "cleave-keras-"));
  try {
    return await judgeAll(folder);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    if (options.keep) console.error(`kept ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

async function judgeAll(folder: string): Promise<number> {
  const chosen = environments.filter(({ name }) => (options.env ?? name) === name);
  assertPypiReachable();
  const pythons = new Map(chosen.map((one) => [one.name, { one, python: pythonOf(one) }]));
  const asked = judges.filter(({ environment }) => pythons.has(environment));
  const wanted = subjects().filter(
    (subject) =>
      subject.name.includes(options.only) &&
      (options.env === undefined || asked.some((judge) => judge.accepts(subject))),
  );
  say(`cleave takes apart and puts together ${wanted.length} models`);
  const cleaved = await cleaveAll(wanted, folder, 2);
  const rows: Row[] = [];
  for (const judge of asked) {
    const environment = pythons.get(judge.environment);
    if (environment === undefined) continue;
    const accepted = cleaved.filter(({ subject }) => judge.accepts(subject));
    rows.push(...(await rowsOf(judge, environment.one, environment.python, accepted, folder)));
  }
  if (options.env === undefined) rows.push(...rowsWithoutJudge(cleaved));
  for (const { one, python } of pythons.values()) {
    if (!"variations".includes(options.only) || python === undefined) continue;
    say(`${one.name}: weights in other architectures`);
    rows.push(...(await judgeVariations(one, python, folder)));
  }
  const keras3 = pythons.get("keras3");
  if (keras3?.python !== undefined && "doctor".includes(options.only)) {
    say("keras3: broken files, repaired and salvaged");
    rows.push(...(await judgeDoctor(keras3.one, keras3.python, folder)));
  }
  return report(rows);
}

async function rowsOf(
  judge: Judge,
  environment: Environment,
  python: string | undefined,
  cleaved: readonly Cleaved[],
  folder: string,
): Promise<Row[]> {
  const row = ({ subject: { name, writer } }: Cleaved) => ({
    file: name,
    writer,
    judge: judge.title,
  });
  const ready = cleaved.filter(({ error }) => error === undefined);
  const failed = cleaved.flatMap((one): Row[] =>
    one.error === undefined
      ? []
      : [{ ...row(one), opinion: { verdict: "failed", reason: one.error } }],
  );
  if (python === undefined) {
    const reason = `Python ${environment.pythons.join(" or ")} is not on this machine`;
    return ready.map((one) => ({ ...row(one), opinion: { verdict: "not loadable", reason } }));
  }
  say(`${judge.title}: ${ready.length} files`);
  const opinions = await judgeWith(judge, environment, python, ready, folder);
  return [
    ...failed,
    ...ready.flatMap((one, i): Row[] => {
      const opinion = opinions[i];
      return opinion === undefined ? [] : [{ ...row(one), opinion }];
    }),
  ];
}

function say(what: string): void {
  const seconds = Math.round(process.uptime());
  process.stderr.write(`${String(seconds).padStart(4)} s  ${what} …\n`);
}

/** Files that no Keras here is asked about, so that none is passed over in silence. */
function rowsWithoutJudge(cleaved: readonly Cleaved[]): Row[] {
  const kerases = judges.filter(({ backend }) => backend !== undefined);
  return cleaved
    .filter(({ subject }) => !kerases.some((judge) => judge.accepts(subject)))
    .map(({ subject: { name, writer }, error }) => ({
      file: name,
      writer,
      judge: "no Keras",
      opinion: {
        verdict: "not loadable",
        reason: error ?? "no Keras here reads what this version wrote",
      },
    }));
}

function report(rows: readonly Row[]): number {
  console.log(tableOf(rows).join("\n"));
  const count = (verdict: string) => rows.filter((row) => row.opinion.verdict === verdict).length;
  const skipped = count("not loadable");
  const failures = rows.filter(({ opinion }) => opinion.verdict === "failed");
  for (const { file, judge, opinion } of failures) {
    console.log(`\nFAILED ${file} by ${judge}: ${opinion.reason}`);
  }
  if (rows.length === 0) console.log(`No fixture has "${options.only}" in its path.`);
  console.log(`\n${summary(rows)}`);
  const totals = `${count("passed")} passed, ${failures.length} failed`;
  console.log(skipped === 0 ? totals : `${totals}, ${skipped} skipped`);
  return failures.length === 0 && rows.length > 0 ? 0 : 1;
}

function summary(rows: readonly Row[]): string {
  const files = new Set(rows.map(({ file }) => file));
  const judged = new Set(
    rows
      .filter(({ judge, opinion }) => opinion.verdict === "passed" && !judge.startsWith("h5py"))
      .map(({ file }) => file),
  );
  const failed = new Set(
    rows.filter(({ opinion }) => opinion.verdict === "failed").map(({ file }) => file),
  );
  const unjudged = [...files].filter((file) => !judged.has(file) && !failed.has(file));
  return (
    `${files.size} files; Keras of some version passed ${judged.size} of them` +
    (unjudged.length === 0 ? "." : `, and could judge none of these:\n  ${unjudged.join("\n  ")}`)
  );
}
