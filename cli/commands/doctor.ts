import { diagnose, type Diagnosis } from "../../shared/doctor.ts";
import type { VariableCounts } from "../../shared/doctor/salvage-model.ts";
import { CleaveError } from "../../shared/errors.ts";
import { repair, type RepairResult } from "../../shared/repair.ts";
import { salvage, salvageFile, type Salvage } from "../../shared/salvage.ts";
import { below } from "../../shared/stores/location.ts";
import { readArguments } from "../arguments.ts";
import { printJson } from "../json.ts";
import type { Command } from "../main.ts";
import { bold, dim, green, red, yellow } from "../terminal/colour.ts";
import { count, number, plain, shellQuote } from "../terminal/format.ts";
import { interruptSignal } from "../terminal/interrupt.ts";
import { withProgress } from "../terminal/progress.ts";
import { writer } from "../terminal/writer.ts";

const help = `cleave doctor FILE [options]

Says what a file really is, what is wrong with it, what is left of it and what to do. All of the file
is read, and nothing is written without one of:

  --salvage DIR  write every tensor that is complete, the architecture where it survives, and
                 salvage.json, which says what is missing
  --repair       write the model with what can be put right without guessing: a wrong extension, what
                 stands before or behind it, compressed members, bfloat16 that is not marked as such,
                 names of losses that Keras 3 does not find in its own .h5
  --out F        where --repair writes; NAME.repaired.keras or .h5 beside the file by default
  --force        replace what is there
  --json         one JSON document instead of text

  cleave doctor download.h5
  cleave doctor download.h5 --salvage rescued
  cleave doctor model.h5 --repair

Exit codes: 0 sound, repaired or salvaged, 1 something is wrong or hostile, 2 wrong usage.
`;

export const doctor: Command = {
  help,
  async run(args) {
    const { values, positionals } = readArguments(
      args,
      {
        salvage: { type: "string" },
        repair: { type: "boolean", default: false },
        out: { type: "string" },
        force: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
      { names: ["FILE"], required: 1 },
    );
    const [path] = positionals as [string];
    const { out, force, json } = values;
    if (values.salvage !== undefined && values.repair) {
      throw new CleaveError("USAGE", "Only one of --salvage and --repair at a time.");
    }
    if (out !== undefined && !values.repair) {
      throw new CleaveError("USAGE", "--out belongs to --repair; --salvage names its folder.");
    }
    const signal = interruptSignal();
    if (values.salvage !== undefined) {
      const folder = values.salvage;
      const found = await withProgress((onProgress) =>
        salvage(path, { out: folder, force, signal, onProgress }),
      );
      if (json) printJson({ command: "doctor", folder, ...found });
      else process.stdout.write(salvageReport(folder, found));
      return 0;
    }
    if (values.repair) {
      const done = await withProgress((onProgress) =>
        repair(path, { out, force, signal, onProgress }),
      );
      if (json) printJson({ command: "doctor", ...done });
      else process.stdout.write(repairReport(done));
      return 0;
    }
    const diagnosis = await diagnose(path, { signal });
    if (json) printJson({ command: "doctor", ...diagnosis });
    else process.stdout.write(diagnosisReport(diagnosis));
    return diagnosis.sound && !isHostile(diagnosis) ? 0 : 1;
  },
};

/** Nothing of it is broken, and yet nobody should load it. */
function isHostile({ verdict }: Diagnosis): boolean {
  return verdict === "dangerous" || verdict === "suspicious";
}

function diagnosisReport(diagnosis: Diagnosis): string {
  const { path, findings, left, repairs } = diagnosis;
  const lines = [
    `${bold(plain(path))}: ${soundness(diagnosis)}${dim(`, ${describe(diagnosis)}`)}`,
    ...findings.map(({ id, message }) => `  ${bold(id)} ${plain(message)}`),
  ];
  if (left !== null) lines.push(`  ${yellow("left")}  ${leftText(left)}`);
  for (const { message } of repairs) lines.push(`  ${yellow("fix")}   ${plain(message)}`);
  const quoted = shellQuote(path);
  if (isHostile(diagnosis)) lines.push(`\nBefore anybody loads it: cleave scan ${quoted}`);
  if (repairs.length > 0) lines.push(`\nPut right: cleave doctor ${quoted} --repair`);
  const isWorthSaving = left !== null && (left.complete > 0 || left.hasArchitecture);
  if (isWorthSaving) lines.push(`\nSave what is left: cleave doctor ${quoted} --salvage DIR`);
  return `${lines.join("\n")}\n`;
}

function soundness(diagnosis: Diagnosis): string {
  if (!diagnosis.sound) return red("not sound");
  return isHostile(diagnosis) ? red(`sound, and ${diagnosis.verdict}`) : green("sound");
}

function describe({ kind, family, keras, tensors, tensorBytes }: Diagnosis): string {
  if (kind === null) return "no model that can be read as a whole";
  const is = [kind, ...(family === null || keras === null ? [] : [writer(family, keras)])];
  const bytes = tensors === 0 ? "" : `; ${count(tensors, "tensor")}, bytes ${tensorBytes}`;
  return `${is.join(", ")}${bytes}`;
}

function leftText({
  complete,
  known,
  isPartial,
  hasArchitecture,
  variables,
}: NonNullable<Diagnosis["left"]>): string {
  const of = tensorsOf(complete, known, isPartial);
  const are =
    known === 0 ? "no tensor can be found" : `${of} ${complete === 1 ? "is" : "are"} complete`;
  const architecture = hasArchitecture ? "the architecture survives" : "the architecture is lost";
  return `${are}; ${architecture}${variables === null ? "" : `, ${variablesOf(variables)}`}.`;
}

/** "14 of 160 tensors". */
function tensorsOf(complete: number, known: number, isPartial: boolean): string {
  if (known === 0) return "no tensor";
  return `${number(complete)} of ${isPartial ? "at least " : ""}${count(known, "tensor")}`;
}

function variablesOf({ complete, expected }: VariableCounts): string {
  return `with ${number(complete)} of its ${count(expected, "variable")}`;
}

/** More names than these are in salvage.json. */
const mostNames = 10;

function salvageReport(folder: string, found: Salvage): string {
  const { tensors, complete, unnamed, lost, missing, damage, architecture } = found;
  const { family, variables } = found;
  const { known, isPartial } = tensors;
  const lines = [
    `${bold(plain(folder))}: ${tensorsOf(tensors.complete, known, isPartial)} saved${unnamed.length === 0 ? "" : `, ${number(unnamed.length)} of them without their names`}`,
    `  ${architecture === null ? "the architecture is lost" : `the architecture is in ${architecture}${variables === null ? "" : `, ${variablesOf(variables)}`}`}`,
    ...damage.map((message) => `  ${plain(message)}`),
    ...some(lost, (path) => `  ${red("lost")}     ${plain(path)}`),
    ...some(missing, ({ message }) => `  ${red("missing")}  ${plain(message)}`),
    dim(`  all of it in ${plain(below(folder, salvageFile))}`),
  ];
  const weights = complete.find(({ file }) => file.includes("weights"))?.file;
  // Of some variables, the configuration does not tell the shape.
  const isKnown = missing.every(({ shape }) => shape?.every((length) => length !== null));
  if (architecture !== null && weights !== undefined && missing.length > 0 && isKnown) {
    const parts = `--architecture ${shellQuote(below(folder, architecture))} --weights ${shellQuote(below(folder, weights))}`;
    const out = family === "v3" ? "model.keras" : "model.h5";
    lines.push(
      `\nA model with zeros for what is missing:\n  cleave recombine ${parts} --allow-missing '**' --init-missing zeros --out ${out}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

function some<T>(items: readonly T[], line: (item: T) => string): string[] {
  const more = items.length - mostNames;
  const shown = items.slice(0, mostNames).map(line);
  return more > 0 ? [...shown, `           and ${number(more)} more`] : shown;
}

function repairReport({ path, out, repairs }: RepairResult): string {
  if (out === null)
    return `${bold(plain(path))}: there is nothing to repair; nothing was written.\n`;
  const lines = repairs.map(({ message }) => `  ${plain(message)}`);
  return `${[`${bold(plain(out))}: repaired`, ...lines].join("\n")}\n`;
}
