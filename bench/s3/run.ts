import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { machineFacts } from "../machine.ts";
import { costPage } from "./cost.ts";
import { measureModel } from "./measure-model.ts";
import { groups, models } from "./models.ts";
import { pythonWithBoto3 } from "./python.ts";
import { reportOf } from "./report.ts";
import { writeResults } from "./results.ts";
import { farPace, independentServer, ownServer, usualPace } from "./server.ts";
import type { Tools } from "./site.ts";
import { endWithUsage, scriptNumber, scriptOptions } from "../../local/processes/script-options.ts";

const HELP = `Times cleave on S3 beside download, convert, upload; writes bench/s3/README.md and
docs/cost.md.

npm run bench:s3 -- [--rounds N] [--only GROUP]
  --rounds N    how often each command is timed, after one run to warm up; 3 unless given
  --only GROUP  ${groups.join(", ")}; the results of the others stay as they are`;

const options = scriptOptions(
  {
    rounds: { type: "string", default: "3" },
    only: { type: "string" },
  },
  HELP,
);
const root = join(import.meta.dirname, "..", "..");

await main();

async function main(): Promise<void> {
  const rounds = scriptNumber("--rounds", options.rounds, { least: 1, usage: HELP });
  const chosen = models.filter(({ group }) => (options.only ?? group) === group);
  if (chosen.length === 0) endWithUsage(`There is no group "${options.only}".`, HELP);
  // `exit` is when servers are stopped, and a signal alone would not bring it about.
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => process.exit(1));
  const { python, variables } = pythonWithBoto3();
  const folder = mkdtempSync(join(tmpdir(), "cleave-bench-"));
  const node = join(root, "node_modules", "node", "bin", "node");
  const cleave = join(root, "dist", "cleave.mjs");
  const meter = { python, variables, said: join(folder, "said") };
  const tools: Tools = { node, cleave, python, meter, rounds, say };
  const usual = await ownServer(usualPace);
  const far = await ownServer(farPace);
  const independent = await independentServer();
  try {
    const machine = machineFacts(node, python, folder);
    for (const model of chosen) {
      say(model.title);
      const measured = await measureModel(model, { usual, far, independent }, tools);
      const results = writeResults(join(import.meta.dirname, "results.json"), machine, measured);
      writeFileSync(join(import.meta.dirname, "README.md"), reportOf(results));
      writeFileSync(join(root, "docs", "cost.md"), costPage(results));
    }
    say("written to bench/s3 and docs/cost.md");
  } finally {
    for (const server of [usual, far, independent]) await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function say(what: string): void {
  const seconds = Math.round(process.uptime());
  process.stderr.write(`${String(seconds).padStart(4)} s  ${what}\n`);
}
