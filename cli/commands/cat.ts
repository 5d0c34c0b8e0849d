import { cat as readTensors, type CatTensor } from "../../shared/cat.ts";
import { CleaveError } from "../../shared/errors.ts";
import { readArguments } from "../arguments.ts";
import { printJson } from "../json.ts";
import type { Command } from "../main.ts";
import { bold } from "../terminal/colour.ts";
import { count, number, plain, shape } from "../terminal/format.ts";
import { table } from "../terminal/table.ts";

const help = `cleave cat FILE TENSOR [options]

Shows tensors of a model, weights or a folder of cleave split. TENSOR is a path (layers/dense/vars/0),
a variable (dense/kernel) or a glob of either, which lists what it fits. Only the bytes that are
shown are read.

  --head N   the first N values; 10 for a single tensor unless said
  --stats    smallest, largest, mean and standard deviation of the finite numbers; how many are zero,
             NaN and infinite
  --npy OUT  write the tensor to a .npy file
  --force    replace it where it exists
  --json     one JSON document instead of text

  cleave cat resnet.keras dense/kernel
  cleave cat resnet.keras '**' --stats
  cleave cat old.h5 'conv1/**' --head 3
  cleave cat resnet.keras dense/kernel --npy kernel.npy
`;

export const cat: Command = {
  help,
  async run(args) {
    const { values, positionals } = readArguments(
      args,
      {
        head: { type: "string" },
        stats: { type: "boolean", default: false },
        npy: { type: "string" },
        force: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
      { names: ["FILE", "TENSOR"], required: 2 },
    );
    const [file, pattern] = positionals as [string, string];
    const { stats, npy, force } = values;
    const isList = /[*?{[]/.test(pattern);
    const head = readHead(values.head, isList || stats || npy !== undefined ? undefined : 10);
    const tensors = await readTensors(file, pattern, { head, statistics: stats, npy, force });
    if (values.json) printJson({ command: "cat", tensors });
    else process.stdout.write(report(tensors, stats, npy));
    return 0;
  },
};

function readHead(text: string | undefined, otherwise: number | undefined): number | undefined {
  if (text === undefined) return otherwise;
  if (!/^\d{1,6}$/.test(text)) {
    throw new CleaveError("USAGE", `--head takes a number of values, not "${text}".`);
  }
  return Number(text);
}

function report(tensors: readonly CatTensor[], stats: boolean, npy: string | undefined): string {
  if (npy !== undefined) return `${bold(npy)}: ${facts(tensors[0]!)}\n`;
  if (stats) return statisticsTable(tensors);
  const [tensor] = tensors;
  if (tensors.length === 1 && tensor?.values !== undefined) {
    return `${bold(plain(tensor.path))}: ${facts(tensor)}\n${valuesOf(tensor)}\n`;
  }
  const columns = ["tensor", "variable", "dtype", "shape"].map((title) => ({ title }));
  const rows = tensors.map((found) => [...named(found), number(found.size), valuesOf(found)]);
  return table([...columns, { title: "bytes", align: "right" }, { title: "" }], rows);
}

function facts({ variable, dtype, shape: dimensions, size }: CatTensor): string {
  const name = variable === null ? [] : [plain(variable)];
  return [...name, plain(dtype), shape(dimensions) || "()", count(size, "byte")].join(", ");
}

function named({ path, variable, dtype, shape: dimensions }: CatTensor): string[] {
  return [plain(path), plain(variable ?? ""), plain(dtype), shape(dimensions) || "()"];
}

function valuesOf({ values, shape: dimensions }: CatTensor): string {
  if (values === undefined) return "";
  const shown = values.map((value) => plain(typeof value === "string" ? value : digits(value)));
  const elements = (dimensions ?? []).reduce((product, size) => product * size, 1);
  return `${shown.join(" ")}${elements > values.length ? " …" : ""}`;
}

function statisticsTable(tensors: readonly CatTensor[]): string {
  const right = ["values", "min", "max", "mean", "std", "zeros", "NaN", "infinite"];
  const columns = [
    { title: "tensor" },
    { title: "variable" },
    ...right.map((title) => ({ title, align: "right" as const })),
  ];
  const rows = tensors.map(({ path, variable, statistics }) => {
    const name = [plain(path), plain(variable ?? "")];
    if (!statistics) return [...name, "no numbers"];
    const { count: all, min, max, mean, std, zeros, nan, infinite } = statistics;
    const measures = [min, max, mean, std].map((value) => (value === null ? "" : digits(value)));
    return [...name, number(all), ...measures, ...[zeros, nan, infinite].map(number)];
  });
  return table(columns, rows);
}

/** Six of them, as numpy prints. */
function digits(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) < 1e-4 ? value.toExponential(5) : String(Number(value.toPrecision(6)));
}
