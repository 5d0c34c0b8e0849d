import { commandNames, type CommandName } from "./commands.ts";
import type { Measured, Results } from "./results.ts";
import { summaryOf, type Summary } from "./statistics.ts";
import { summaryIn, targetsOf } from "./targets.ts";
import { table } from "./table.ts";

const titles: Partial<Record<CommandName, string>> = {
  "h5py weights out": "h5py: weights out",
  "h5py weights back": "h5py: weights back",
  Keras: "Keras: load, save weights",
  "cp split": "`cp` of what split writes",
  "cp && sync split": "`cp && sync` of what split writes",
  "cp weights": "`cp` of it without training",
  "cp && sync weights": "`cp && sync` of it without training",
  "cp model": "`cp` of the model",
  "cp && sync model": "`cp && sync` of the model",
};

export function commandTitle(name: CommandName): string {
  return titles[name] ?? `\`${name}\``;
}

/** bench/README.md, the whole of it. */
export function reportOf({ machine, nothing, models }: Results): string {
  const parts = [
    introduction,
    ...section("Targets", models, targetTable),
    `## How work grows\n\n![Wall time by size and by number of tensors](growth.svg)`,
    ...models
      .filter(({ group }) => group === "h5" || group === "keras" || group === "sparse")
      .flatMap((model) => [`## ${heading(model)}`, commandTable(model)]),
    ...section("More tensors, same size", ofGroup(models, "tensors"), growthTable),
    ...section("More bytes", ofSizes(models), growthTable),
    method,
    machineText(machine, nothing.length === 0 ? undefined : summaryOf(nothing), models),
  ];
  return `${parts.join("\n\n")}\n`;
}

const introduction = `# Benchmark

\`npm run bench\` measures and writes this file, [results.json](results.json) (every run) and the
chart. Whole processes, start to end: wall time, processor time (user and system, all threads) and
peak memory (minimum / median of the runs). Every result is on disk when a command ends: cleave flushes what it writes, the scripts
of h5py and Keras here do the same.`;

const method = `## What is measured

| command | what it does |
|---|---|
| \`cleave …\` | the built command, on the repository's own Node; \`verify\` is \`--against\` the model |
| h5py: weights out | [h5py_weights_out.py](python/h5py_weights_out.py) copies \`model_weights\` (in a \`.keras\`: all but the optimizer, from the archive's member) and the architecture's text |
| h5py: weights back | [h5py_weights_back.py](python/h5py_weights_back.py) puts the three parts together to a model |
| Keras | [keras_parts.py](python/keras_parts.py): \`load_model\`, \`to_json\`, \`save_weights\` |
| \`cp\`, \`cp && sync\` | of the very files that \`cleave\` wrote |

The commands take turns: all of them once, then all of them again; one such round warms up and is not
counted. Models are in the page cache where they fit. Before each run what the last one wrote is
removed, the disk is synced, and memory is touched and given back (1.5 times the size of the model, at
most a third of the machine's), outside the measured time: on a virtual machine, memory that was not
used for some seconds is slow at first touch. A small Python process starts each command
and takes its times and peak memory from \`wait4\`.

The models with training state are trained for one step with Adam and saved by Keras 3 on jax, those
of the table of tensors are untrained. The sparse model is written by h5py: the tree and the
configuration of a model that Keras saved, its layers widened, with holes in the file where the
tensors are; what is written from it is no longer sparse. On it only what writes a third of it is
measured.`;

function heading({ title, bytes, tensors }: Measured): string {
  return `${title}: ${inBytes(bytes)}, ${inTensors(tensors)}`;
}

function targetTable(models: readonly Measured[]): string {
  const rows = targetsOf(models).map(({ what, measured, on, met }) => [
    what,
    measured,
    on,
    met ? "met" : "**not met**",
  ]);
  return (
    table(["target", "measured", "worst on", ""], rows) +
    "\n\nRatios are of medians, the 120 MB of the most that any run held. Compared with Keras is `split`."
  );
}

function commandTable(model: Measured): string {
  const rows = commandNames.flatMap((name) => {
    const summary = summaryIn(model, name);
    if (summary === undefined) return [];
    return [[commandTitle(name), ...figures(summary), ...ratios(model, name, summary)]];
  });
  return table(
    [
      "command",
      "wall, s",
      "CPU, s",
      "memory, MB",
      "wall / `cp && sync`",
      "wall / h5py",
      "Keras / CPU",
      "Keras / memory",
    ],
    rows,
  );
}

/** Minimum and median of each. */
function figures({ wall, cpu, rss }: Summary): string[] {
  return [
    `${inSeconds(wall.minimum)} / ${inSeconds(wall.median)}`,
    `${inSeconds(cpu.minimum)} / ${inSeconds(cpu.median)}`,
    `${inMegabytes(rss.minimum)} / ${inMegabytes(rss.median)}`,
  ];
}

/** With what the same files take; nothing where there is no counterpart. */
const counterparts: Partial<Record<CommandName, [copy: CommandName, h5py?: CommandName]>> = {
  "cleave split": ["cp && sync split"],
  "cleave split --no-training": ["cp && sync weights", "h5py weights out"],
  "cleave recombine": ["cp && sync model", "h5py weights back"],
};

function ratios(model: Measured, name: CommandName, summary: Summary): string[] {
  const [copy, h5py] = counterparts[name] ?? [];
  const keras = summaryIn(model, "Keras");
  const ours = name.startsWith("cleave");
  const times = (above?: number, below?: number) =>
    above === undefined || below === undefined ? "" : `${(above / below).toPrecision(3)}x`;
  return [
    times(summary.wall.median, copy && summaryIn(model, copy)?.wall.median),
    times(summary.wall.median, h5py && summaryIn(model, h5py)?.wall.median),
    ours ? times(keras?.cpu.median, summary.cpu.median) : "",
    ours ? times(keras?.rss.median, summary.rss.median) : "",
  ];
}

/** Wall time by model: a row for each command. */
function growthTable(models: readonly Measured[]): string {
  const rows = commandNames.flatMap((name) => {
    const summaries = models.map((model) => summaryIn(model, name));
    if (summaries.filter((summary) => summary !== undefined).length < 2) return [];
    const cells = summaries.map((summary) =>
      summary === undefined
        ? ""
        : `${inSeconds(summary.wall.median)} s, ${inMegabytes(summary.rss.maximum)} MB`,
    );
    return [[commandTitle(name), ...cells]];
  });
  const header = models.map(({ bytes, tensors }) => `${inBytes(bytes)}, ${inTensors(tensors)}`);
  return `Median wall time, most memory.\n\n${table(["command", ...header], rows)}`;
}

function ofGroup(models: readonly Measured[], group: Measured["group"]): Measured[] {
  return models.filter((model) => model.group === group);
}

function ofSizes(models: readonly Measured[]): Measured[] {
  return ["sizes", "h5", "sparse"]
    .flatMap((group) => models.filter((model) => model.group === group))
    .toSorted((a, b) => a.bytes - b.bytes);
}

function section(
  title: string,
  models: readonly Measured[],
  text: (models: readonly Measured[]) => string,
): string[] {
  return models.length === 0 ? [] : [`## ${title}`, text(models)];
}

function machineText(
  machine: Results["machine"],
  nothing: Summary | undefined,
  models: readonly Measured[],
): string {
  const dates = [...new Set(models.map(({ measuredOn }) => measuredOn))].toSorted();
  const counts = models.flatMap(({ commands }) => Object.values(commands).map((r) => r.length));
  const measuring =
    nothing === undefined
      ? ""
      : ` Measuring \`true\` in the same way takes ${(nothing.wall.median * 1000).toFixed(1)} ms ` +
        `and ${inMegabytes(nothing.rss.median)} MB.`;
  return `## The machine

${machine.processor}, ${machine.cores} cores, ${(machine.memory / 2 ** 30).toFixed(0)} GiB of memory, ${machine.system},
${machine.fileSystem}. Node ${machine.node}, Python ${machine.python}, Keras ${machine.keras}, jax ${machine.jax}, h5py ${machine.h5py} with
HDF5 ${machine.hdf5}. Measured on ${dates.join(", ")}, at least ${Math.min(...counts)} runs of each.${measuring}`;
}

function inSeconds(seconds: number): string {
  return seconds >= 10 ? seconds.toFixed(1) : seconds.toFixed(seconds >= 1 ? 2 : 3);
}

function inMegabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function inTensors(count: number): string {
  return `${count.toLocaleString("en")} ${count === 1 ? "tensor" : "tensors"}`;
}

function inBytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toPrecision(3)} GB` : `${(bytes / 1e6).toPrecision(3)} MB`;
}
