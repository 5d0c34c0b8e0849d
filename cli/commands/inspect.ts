import { inspect as inspectFile, type Inspection } from "../../shared/inspect.ts";
import { readArguments } from "../arguments.ts";
import { printJson } from "../json.ts";
import type { Command } from "../main.ts";
import { bold, dim, yellow } from "../terminal/colour.ts";
import { count, number, plain, shape, size } from "../terminal/format.ts";
import { table } from "../terminal/table.ts";
import { describeTraining } from "../terminal/training-config.ts";
import { writer } from "../terminal/writer.ts";

const help = `cleave inspect FILE|DIR [options]

Says what a model file, a weights file or a folder of cleave split is, and what it holds. Only
metadata is read, so a large model takes as long as a small one.

  --tensors  list every tensor of the weights
  --json     one JSON document instead of text

  cleave inspect resnet.keras
  cleave inspect resnet.cleave --tensors
`;

export const inspect: Command = {
  help,
  async run(args) {
    const { values, positionals } = readArguments(
      args,
      {
        tensors: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
      { names: ["FILE"], required: 1 },
    );
    const inspection = await inspectFile(positionals[0]!);
    if (values.json) {
      const { tensors, ...rest } = inspection;
      printJson({ command: "inspect", ...rest, ...(values.tensors ? { tensors } : {}) });
    } else {
      process.stdout.write(inspectReport(inspection, values.tensors));
    }
    return 0;
  },
};

const kinds: Readonly<Record<Inspection["kind"], string>> = {
  model: "model",
  weights: "weights without an architecture",
  split: "split model",
};

/** What is said of a file, whoever has looked into it. */
export function inspectReport(inspection: Inspection, withTensors: boolean): string {
  const { name, kind, family, keras, architecture, layers, findings } = inspection;
  const model =
    architecture &&
    `${plain(architecture.class)}${architecture.name === null ? "" : ` "${plain(architecture.name)}"`}`;
  const lines = [
    `${bold(plain(name))}: ${[kinds[kind], ...(model ? [model] : []), writer(family, keras)].join(", ")}\n\n`,
  ];
  if (layers.length > 0) lines.push(layerTable(inspection), "\n");
  lines.push(shares(inspection));
  if (inspection.training?.config) {
    lines.push(`\n${bold("training")} ${describeTraining(inspection.training.config)}\n`);
  }
  if (withTensors) lines.push("\n", tensorTable(inspection));
  lines.push(
    ...findings.map(({ message }) =>
      yellow(`\nThe model does not fit itself: ${plain(message)}.\n`),
    ),
  );
  return lines.join("");
}

function layerTable({ layers, parameters, trainableParameters }: Inspection): string {
  const columns = [
    { title: "layer" },
    { title: "class" },
    { title: "output shape" },
    { title: "parameters", align: "right" as const },
    { title: "" },
  ];
  const rows = layers.map((layer) => [
    `${"  ".repeat(layer.depth)}${plain(layer.name)}`,
    plain(layer.className),
    shape(layer.outputShape),
    number(layer.parameters),
    dim(
      [
        ...(layer.trainable ? [] : ["frozen"]),
        ...(layer.status === "not checked" ? ["not checked"] : []),
      ].join(", "),
    ),
  ]);
  const frozen = parameters - trainableParameters;
  const total = `${count(parameters, "parameter")}${frozen > 0 ? `, ${number(frozen)} of them not trainable` : ""}`;
  return `${table(columns, rows)}${total}\n`;
}

function shares({ size: total, weights, training, assets, rest, dtypes }: Inspection): string {
  const dtypeCounts = dtypes
    .map(({ dtype, tensors }) => `${number(tensors)} ${plain(dtype)}`)
    .join(", ");
  const rows = [
    [
      "weights",
      number(weights.size),
      `${count(weights.tensors, "tensor")}${dtypeCounts ? `: ${dtypeCounts}` : ""}`,
    ],
  ];
  if (training !== null) {
    rows.push(["training state", number(training.size), count(training.tensors, "tensor")]);
  }
  for (const { path, size: bytes } of assets)
    rows.push([`assets/${plain(path)}`, number(bytes), ""]);
  if (rest !== null) rows.push(["rest", number(rest), "names, configuration, structure"]);
  const unit = total < 1000 ? "" : size(total);
  rows.push(["together", number(total), rest === null ? `${unit}, partly compressed` : unit]);
  return table([{ title: "part" }, { title: "bytes", align: "right" }, { title: "" }], rows);
}

function tensorTable({ tensors }: Inspection): string {
  const columns = [
    { title: "tensor" },
    { title: "variable" },
    { title: "dtype" },
    { title: "shape" },
    { title: "bytes", align: "right" as const },
  ];
  const rows = tensors.map((tensor) => [
    plain(tensor.path),
    plain([tensor.layer, tensor.variable].filter((part) => part).join("/")),
    plain(tensor.dtype),
    shape(tensor.shape) || "()",
    number(tensor.size),
  ]);
  return table(columns, rows);
}
