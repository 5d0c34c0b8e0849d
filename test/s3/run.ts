import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assertPypiReachable } from "../keras/pypi.ts";
import { compare, type Comparison } from "./compare.ts";
import { deviations } from "./deviations.ts";
import { bucket } from "./judges/bucket.ts";
import type { Judge } from "./judges/judge.ts";
import { localstack } from "./judges/localstack.ts";
import { moto } from "./judges/moto.ts";
import { versitygw } from "./judges/versitygw.ts";
import { surprisesOf, tableOf, type Row } from "./report.ts";
import { suites } from "./suites.ts";
import { endWithUsage, scriptOptions } from "../../local/processes/script-options.ts";

const judges: readonly Judge[] = [localstack, moto, versitygw, bucket];

const HELP = `The contract of S3 that our own server is held to, asked of S3s that we did not write.

node test/s3/run.ts [--only NAME]… [--keep]
  --only NAME  only this judge, and others named so: ${judges.map(({ name }) => name).join(", ")}
  --keep       leave the logs and the data of the judges, and say where

The bucket is a real one, named in CLEAVE_TEST_BUCKET; it should keep versions.`;

const options = scriptOptions(
  {
    only: { type: "string", multiple: true, default: [] },
    keep: { type: "boolean", default: false },
  },
  HELP,
);

process.exitCode = await main();

async function main(): Promise<number> {
  // At `exit` servers are stopped and files removed, and a signal alone would not bring it about.
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => {
      console.error(`stopped by ${name}`);
      process.exit(1);
    });
  }
  const folder = mkdtempSync(join(tmpdir(), "cleave-s3-"));
  process.once("exit", () => {
    if (options.keep) console.error(`kept ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  });
  try {
    return await askAll(folder);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}

async function askAll(folder: string): Promise<number> {
  const unknown = options.only.find((asked) => judges.every(({ name }) => name !== asked));
  if (unknown !== undefined) endWithUsage(`There is no judge "${unknown}".`, HELP);
  const { only } = options;
  const chosen = judges.filter(({ name }) => only.length === 0 || only.includes(name));
  // Building with Go takes longest and needs no attention, so it goes on beside all the others.
  const building = chosen.includes(versitygw) ? versitygw.prepare() : undefined;
  // Its failure is reported where it is waited for.
  building?.catch(() => undefined);
  if (chosen.includes(localstack) || chosen.includes(moto)) assertPypiReachable();
  const rows: Row[] = [];
  for (const judge of chosen) {
    const began = Date.now();
    const { missing } = await (judge === versitygw ? building! : judge.prepare());
    const asked = missing === undefined ? await ask(judge, folder) : { judge: judge.name, missing };
    rows.push({ ...asked, seconds: (Date.now() - began) / 1000 });
  }
  console.log(tableOf(rows).join("\n"));
  const surprises = rows.flatMap((row) => ("surprises" in row ? surprisesOf(row) : []));
  if (surprises.length > 0) console.log(`\n${surprises.join("\n")}`);
  const wasAsked = rows.some((row) => "surprises" in row);
  if (!wasAsked) console.log("\nNo judge was asked.");
  return wasAsked && surprises.length === 0 ? 0 : 1;
}

async function ask(judge: Judge, parent: string): Promise<Comparison> {
  const { name } = judge;
  const folder = join(parent, name);
  mkdirSync(folder);
  say(`${name} starts`);
  const running = await judge.start(folder);
  try {
    const outcomes = [];
    for (const suite of suites) {
      say(`${name}: ${suite.title}`);
      outcomes.push(...(await suite.run({ name, ...running })));
    }
    return compare(name, outcomes, deviations);
  } finally {
    await running.stop();
  }
}

function say(what: string): void {
  const seconds = Math.round(process.uptime());
  process.stderr.write(`${String(seconds).padStart(4)} s  ${what} …\n`);
}
