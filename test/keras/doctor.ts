import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../local/processes/run-command.ts";
import { repair } from "../../shared/repair.ts";
import { salvage } from "../../shared/salvage.ts";
import type { Environment } from "./environments.ts";
import type { Row } from "./table.ts";
import { verdictRows } from "./verdicts.ts";

const SCRIPT = join(import.meta.dirname, "python", "doctor.py");

interface Asked {
  readonly kind: "repair" | "salvage";
  readonly file: string;
}

/**
 * Broken models that Keras 3 made: what `repair` makes of them is loaded by Keras and has the weights of the
 * model as it was; what `salvage` saves is held by h5py against the whole file.
 */
export async function judgeDoctor(
  { variables }: Environment,
  python: string,
  folder: string,
): Promise<Row[]> {
  const at = (file: string): string => join(folder, "doctor", file);
  const ask = (mode: string): string => run(python, [SCRIPT, mode, at("")], variables);
  ask("make");
  const asked = JSON.parse(readFileSync(at("cases.json"), "utf8")) as Asked[];
  const failures = new Map<string, string>();
  for (const { kind, file } of asked) {
    const work =
      kind === "salvage"
        ? salvage(at(file), { out: at(`${file}.saved`) })
        : repair(at(file)).then(({ out }) => writeFileSync(at(`${file}.out`), out ?? ""));
    await work.catch((error: Error) => failures.set(`${kind} ${file}`, error.message));
  }
  const judge = "keras 3 and h5py on doctor";
  return verdictRows(ask("judge"), failures, { writer: "keras", judge, judged: "doctor" });
}
