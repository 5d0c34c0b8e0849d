import { CleaveError } from "../../shared/errors.ts";
import type { Variation } from "../../shared/keras/variation/vary.ts";
import { MismatchError, recombine as recombineModel } from "../../shared/recombine.ts";
import type { RecombineResult } from "../../shared/recombine.ts";
import type { RecombineInput } from "../../shared/recombine/gather.ts";
import { readArguments } from "../arguments.ts";
import { printJson } from "../json.ts";
import { policyFile } from "../policy-file.ts";
import type { Command } from "../main.ts";
import { bold, yellow } from "../terminal/colour.ts";
import { count, number, plain } from "../terminal/format.ts";
import { interruptSignal } from "../terminal/interrupt.ts";
import { mismatchTable } from "../terminal/mismatch-table.ts";
import { withProgress } from "../terminal/progress.ts";
import { transferLines } from "../terminal/transfer.ts";
import { tensorMarkdown, tensorTable } from "../terminal/tensor-report.ts";

const help = `cleave recombine DIR [--architecture F] --out MODEL [options]
cleave recombine --architecture F --weights F [--training F] [--assets DIR] --out MODEL [options]

Puts a folder of cleave split, or parts saved one by one, together to a model file that Keras
loads: .keras from weights of the v3 family, .h5 from legacy ones. Architecture and weights are
compared first; where they do not belong together, nothing is written.

  --architecture F  the JSON of to_json(), or a model or split folder whose architecture is taken
  --weights F       a file of save_weights(), or a model or split folder whose weights are taken
  --training F      a training.h5
  --assets DIR      vocabularies, by their paths below assets/
  --out MODEL       the file to write
  --policy F        what this policy keeps away is not made (docs/security.md)
  --force           replace it where it exists
  --dry-run         say what would be done, and write nothing
  --json            one JSON document instead of text
  --markdown        a report as a table of Markdown

Into a variation of the architecture:

  --by-name             layers take the weights of layers of their name; what has no counterpart is
                        left out
  --map RULES.json      layers and variables have other names in the weights:
                        {"layers": [{"from": "block_*", "to": "stage_*"}]}; implies --by-name
  --skip-mismatch       leave out tensors of another shape than their variable's
  --allow-missing GLOB  variables, as layer/name, that the weights need not have; may be repeated
  --init-missing HOW    what missing variables get where Keras would draw random numbers:
                        zeros or glorot (missing biases, gammas, … get what their layer says)
  --seed N              for glorot; 0 unless given

  cleave recombine resnet.cleave --out resnet.keras
  cleave recombine --architecture model.json --weights model_weights.h5 --out model.h5
  cleave recombine resnet.cleave --architecture new_head.json --by-name --init-missing glorot \\
    --seed 7 --out new.keras --dry-run
`;

/** Also of `cleave invoke recombine`. */
export const recombineOptions = {
  architecture: { type: "string" },
  weights: { type: "string" },
  training: { type: "string" },
  assets: { type: "string" },
  out: { type: "string" },
  force: { type: "boolean", default: false },
  "dry-run": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  "by-name": { type: "boolean", default: false },
  map: { type: "string" },
  "skip-mismatch": { type: "boolean", default: false },
  "allow-missing": { type: "string", multiple: true },
  "init-missing": { type: "string" },
  seed: { type: "string" },
} as const;

export const recombine: Command = {
  help,
  async run(args) {
    const { values, positionals } = readArguments(
      args,
      {
        ...recombineOptions,
        policy: { type: "string" },
        markdown: { type: "boolean", default: false },
      },
      { names: ["DIR"], required: 0 },
    );
    const { out, force, json, markdown, architecture, weights, training, assets } = values;
    const parts = { architecture, weights, training, assets };
    const dryRun = values["dry-run"];
    if (out === undefined) throw new CleaveError("USAGE", "--out is missing.");
    const signal = interruptSignal();
    try {
      const variation = await variationOf(values);
      const policy = policyFile(values.policy);
      const options = { out, force, dryRun, variation, policy, signal };
      const result = await withProgress((onProgress) =>
        recombineModel(input(positionals[0], parts), { ...options, onProgress }),
      );
      if (json) printJson({ command: "recombine", ...result });
      else if (markdown) process.stdout.write(tensorMarkdown(result.tensors));
      else process.stdout.write(recombineReport(result, dryRun || variation !== undefined));
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
  const { architecture, ...others } = parts;
  const { weights } = others;
  const hasOthers = Object.values(others).some((part) => part !== undefined);
  if (folder !== undefined && hasOthers) {
    throw new CleaveError(
      "USAGE",
      "A folder and single parts exclude each other, but for --architecture.",
    );
  }
  if (folder !== undefined) return { folder, architecture };
  if (architecture === undefined || weights === undefined) {
    throw new CleaveError("USAGE", "A folder, or both --architecture and --weights, are needed.");
  }
  return { ...parts, architecture, weights };
}

interface VariationValues {
  readonly "by-name": boolean;
  readonly map?: string | undefined;
  readonly "skip-mismatch": boolean;
  readonly "allow-missing"?: readonly string[] | undefined;
  readonly "init-missing"?: string | undefined;
  readonly seed?: string | undefined;
}

/** Undefined where nothing may differ. */
async function variationOf(values: VariationValues): Promise<Variation | undefined> {
  const initMissing = values["init-missing"];
  const { map, seed } = values;
  if (initMissing !== undefined && initMissing !== "zeros" && initMissing !== "glorot") {
    throw new CleaveError("USAGE", `--init-missing takes zeros or glorot, not "${initMissing}".`);
  }
  if (seed !== undefined && (initMissing !== "glorot" || !/^\d{1,9}$/.test(seed))) {
    throw new CleaveError("USAGE", "--seed takes a whole number, with --init-missing glorot.");
  }
  const allowMissing = values["allow-missing"] ?? [];
  const isGiven =
    values["by-name"] || values["skip-mismatch"] || allowMissing.length > 0 || initMissing || map;
  if (!isGiven) return undefined;
  return {
    byName: values["by-name"],
    rules: map === undefined ? undefined : await readRules(map),
    skipMismatch: values["skip-mismatch"],
    allowMissing,
    initMissing,
    seed: Number(seed ?? 0),
  };
}

async function readRules(path: string): Promise<Variation["rules"]> {
  const { readRenameRules } = await import("../../shared/recombine/read-rename-rules.ts");
  return readRenameRules(path);
}

/** What is said of a model that was recombined, wherever that was. */
export function recombineReport(result: RecombineResult, withTensors: boolean): string {
  const { out, size, crc32, match, tensors, keepsTraining, findings, changed, transfer } = result;
  const { counts } = match;
  const facts = [
    `${number(size)} bytes`,
    count(counts.layers, "layer"),
    count(counts.tensors, "tensor"),
    count(counts.parameters, "parameter"),
  ];
  const lines = withTensors ? [tensorTable(tensors)] : [];
  lines.push(`${bold(out)}${crc32 === null ? " (not written)" : ""}: ${facts.join(", ")}`);
  if (withTensors) lines.push(outcomes(tensors));
  if (!keepsTraining) {
    lines.push(yellow("The training state is left out: it is of the weights as they were."));
  }
  const unchecked = match.layers.filter(({ status }) => status === "not checked");
  if (unchecked.length > 0) {
    const names = unchecked
      .slice(0, 5)
      .map(({ path, className }) => `${plain(path)} (${plain(className)})`);
    const more = unchecked.length > 5 ? `, and ${unchecked.length - 5} more` : "";
    lines.push(
      yellow(
        `Carried, not checked, as the configuration does not tell: ${names.join(", ")}${more}.`,
      ),
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
  if (transfer !== null) lines.push(transferLines("recombined", size, transfer).trimEnd());
  return `${lines.join("\n")}\n`;
}

function outcomes(tensors: RecombineResult["tensors"]): string {
  const of = (outcome: string): string =>
    `${number(tensors.filter((tensor) => tensor.outcome === outcome).length)} ${outcome}`;
  return `${of("taken")}, ${of("initialised")}, ${of("unused")}`;
}
