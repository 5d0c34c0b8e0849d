import { CleaveError } from "../../shared/errors.ts";
import {
  MismatchError,
  recombine as recombineModel,
  type RecombineInput,
  type RecombineResult,
} from "../../shared/recombine.ts";
import { readArguments } from "../arguments.ts";
import { printJson } from "../json.ts";
import type { Command } from "../main.ts";
import { bold, yellow } from "../terminal/colour.ts";
import { count, number, plain } from "../terminal/format.ts";
import { interruptSignal } from "../terminal/interrupt.ts";
import { mismatchTable } from "../terminal/mismatch-table.ts";
import { withProgress } from "../terminal/progress.ts";

const help = `cleave recombine DIR --out MODEL [options]
cleave recombine --architecture F --weights F [--training F] [--assets DIR] --out MODEL [options]

Puts a folder of cleave split, or parts saved one by one, together to a model file that Keras
loads: .keras from weights of the v3 family, .h5 from legacy ones. Architecture and weights are
compared first; where they do not belong together, nothing is written.

  --architecture F  the JSON of to_json(), or a model file whose architecture is taken
  --weights F       a file of save_weights(), or a model file whose weights are taken
  --training F      a training.h5
  --assets DIR      vocabularies, by their paths below assets/
  --out MODEL       the file to write
  --force           replace it where it exists
  --json            one JSON document instead of text

  cleave recombine resnet.cleave --out resnet.keras
  cleave recombine --architecture model.json --weights model_weights.h5 --out model.h5
`;

export const recombine: Command = {
  help,
  async run(args) {
    const { values, positionals } = readArguments(
      args,
      {
        architecture: { type: "string" },
        weights: { type: "string" },
        training: { type: "string" },
        assets: { type: "string" },
        out: { type: "string" },
        force: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
      { names: ["DIR"], required: 0 },
    );
    const { out, force, json, ...parts } = values;
    if (out === undefined) throw new CleaveError("USAGE", "--out is missing.");
    const signal = interruptSignal();
    try {
      const result = await withProgress((onProgress) =>
        recombineModel(input(positionals[0], parts), { out, force, onProgress, signal }),
      );
      if (json) printJson({ command: "recombine", ...result });
      else process.stdout.write(report(result));
      return 0;
    } catch (error) {
      if (error instanceof MismatchError && !json)
        process.stdout.write(mismatchTable(error.findings, error.match));
      throw error;
    }
  },
};

interface Parts {
  readonly architecture?: string | undefined;
  readonly weights?: string | undefined;
  readonly training?: string | undefined;
  readonly assets?: string | undefined;
}

function input(folder: string | undefined, parts: Parts): RecombineInput {
  const { architecture, weights } = parts;
  const anyPart = Object.values(parts).some((part) => part !== undefined);
  if (folder !== undefined && anyPart) {
    throw new CleaveError("USAGE", "A folder and single parts exclude each other.");
  }
  if (folder !== undefined) return { folder };
  if (architecture === undefined || weights === undefined) {
    throw new CleaveError("USAGE", "A folder, or both --architecture and --weights, are needed.");
  }
  return { ...parts, architecture, weights };
}

function report({ out, size, match, findings, changed }: RecombineResult): string {
  const { counts } = match;
  const facts = [
    `${number(size)} bytes`,
    count(counts.layers, "layer"),
    count(counts.tensors, "tensor"),
    count(counts.parameters, "parameter"),
  ];
  const lines = [`${bold(out)}: ${facts.join(", ")}`];
  const unchecked = match.layers.filter(({ status }) => status === "not checked");
  if (unchecked.length > 0) {
    const names = unchecked
      .slice(0, 5)
      .map(({ path, className }) => `${plain(path)} (${plain(className)})`);
    const more = unchecked.length > 5 ? `, and ${unchecked.length - 5} more` : "";
    lines.push(
      yellow(`Carried, not checked, of classes that are not Keras's: ${names.join(", ")}${more}.`),
    );
  }
  if (counts.byPosition > 0) {
    lines.push(
      yellow(
        `${count(counts.byPosition, "variable has", "variables have")} no telling name in the file and stand by their order.`,
      ),
    );
  }
  if (changed.length > 0) {
    lines.push(yellow(`Not as when the model was split: ${changed.map(plain).join(", ")}.`));
  }
  lines.push(...findings.map(({ message }) => yellow(`As before the split: ${plain(message)}.`)));
  return `${lines.join("\n")}\n`;
}
