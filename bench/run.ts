import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Inspection } from "../shared/index.ts";
import { growthChart } from "./growth.ts";
import { commandsFor, preparations, type CommandName, type Places } from "./commands.ts";
import { machineFacts } from "./machine.ts";
import { measure, settle, type Meter } from "./measure.ts";
import { benchFolder, groups, kerasPython, models, pathOf, type Model } from "./models.ts";
import { reportOf } from "./report.ts";
import { merged, readResults, writeResults, type Measured } from "./results.ts";
import type { Run } from "./statistics.ts";
import { endWithUsage, scriptNumber, scriptOptions } from "../local/processes/script-options.ts";

const HELP = `Times cleave beside h5py, Keras and cp, and writes what it finds to bench/README.md.

npm run bench -- [--rounds N] [--only GROUP] [--small]
  --rounds N    how often each command is timed, after one run to warm up; 5 unless given
  --only GROUP  ${groups.join(", ")}; the results of the others stay as they are
  --small       models of some megabytes, results beside them: for trying the benchmark itself`;

const options = scriptOptions(
  {
    rounds: { type: "string", default: "5" },
    only: { type: "string" },
    small: { type: "boolean", default: false },
  },
  HELP,
);
const root = join(import.meta.dirname, "..");

main();

function main(): void {
  const rounds = scriptNumber("--rounds", options.rounds, { least: 1, usage: HELP });
  const all = models(options.small);
  const chosen = all.filter(({ group }) => (options.only ?? group) === group);
  if (chosen.length === 0) endWithUsage(`There is no group "${options.only}".`, HELP);
  const folder = benchFolder(options.small);
  const work = join(folder, "work");
  const node = join(root, "node_modules", "node", "bin", "node");
  const { python, variables } = kerasPython();
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  try {
    const meter: Meter = { python, variables, said: join(work, "said") };
    const target = options.small ? folder : import.meta.dirname;
    const file = join(target, "results.json");
    const nothing = Array.from({ length: rounds }, () => measure(["/bin/true"], meter));
    const machine = machineFacts(node, python, folder);
    const now: Measured[] = [];
    for (const model of chosen) {
      say(`${model.group}: ${model.title}`);
      now.push(measureModel(model, { folder, work, node, python }, meter, rounds));
      const before = readResults(file)?.models ?? [];
      const order = all.map(({ id }) => id);
      writeResults(file, { machine, nothing, models: merged(before, now, order) });
    }
    const results = readResults(file);
    if (results === undefined) return;
    writeFileSync(join(target, "growth.svg"), growthChart(results.models));
    writeFileSync(join(target, "README.md"), reportOf(results));
    say(`written to ${options.small ? target : "bench"}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function measureModel(
  model: Model,
  where: { folder: string; work: string; node: string; python: string },
  meter: Meter,
  rounds: number,
): Measured {
  const { folder, work, node, python } = where;
  const path = pathOf(model, folder);
  const kept = join(work, "kept");
  const scratch = join(work, "scratch");
  const places: Places = {
    node,
    cleave: join(root, "dist", "cleave.mjs"),
    python,
    model: path,
    scratch,
    kept: {
      split: join(kept, "split"),
      weights: join(kept, "weights"),
      model: join(kept, path.slice(folder.length + 1)),
    },
  };
  mkdirSync(kept, { recursive: true });
  for (const argv of preparations(places, model)) measure(argv, meter);
  const commands = commandsFor(places, model);
  const runs = new Map<CommandName, Run[]>(commands.map(({ name }) => [name, []]));
  const bytes = statSync(path).size;
  // Round 0 warms up: files into the page cache, programs too.
  for (let round = 0; round <= rounds; round += 1) {
    say(`  ${model.title}: ${round === 0 ? "warming up" : `round ${round} of ${rounds}`}`);
    for (const { name, argv } of commands) {
      mkdirSync(scratch);
      settle(Math.round(1.5 * bytes), meter);
      const run = measure(argv, meter);
      rmSync(scratch, { recursive: true });
      if (round > 0) runs.get(name)?.push(run);
    }
  }
  measure([node, places.cleave, "inspect", path, "--json"], meter);
  const { weights } = JSON.parse(readFileSync(meter.said, "utf8")) as Inspection;
  const measured: Measured = {
    id: model.id,
    group: model.group,
    title: model.title,
    bytes,
    written: { split: bytesIn(places.kept.split), weights: bytesIn(places.kept.weights) },
    tensors: weights.tensors,
    measuredOn: new Date().toISOString().slice(0, 10),
    commands: Object.fromEntries(runs),
  };
  rmSync(kept, { recursive: true });
  return measured;
}

function bytesIn(folder: string): number {
  try {
    return readdirSync(folder)
      .map((name) => statSync(join(folder, name)).size)
      .reduce((sum, size) => sum + size, 0);
  } catch {
    return 0; // not made for this model
  }
}

function say(what: string): void {
  const seconds = Math.round(process.uptime());
  process.stderr.write(`${String(seconds).padStart(4)} s  ${what}\n`);
}
