import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseRenameRules } from "../../shared/keras/variation/rename-rules.ts";
import type { Variation } from "../../shared/keras/variation/vary.ts";
import { recombine } from "../../shared/recombine.ts";
import { split } from "../../shared/split.ts";
import type { Environment } from "./environments.ts";
import { run } from "../../local/processes/run-command.ts";
import type { Row } from "./table.ts";
import { verdictRows } from "./verdicts.ts";

const SCRIPT = join(import.meta.dirname, "python", "variations.py");

/** The Keras that makes the pairs in an environment, and judges them. */
const PACKAGES: ReadonlyMap<string, string> = new Map([
  ["keras3", "keras"],
  ["tf", "tf_keras"],
]);

interface Asked {
  readonly title: string;
  readonly architecture: string;
  readonly weights: string;
  /** Its rules are the text of a rules file. */
  readonly variation: Omit<Variation, "rules"> & { readonly rules?: string };
  readonly out: string;
}

/**
 * Weights in other architectures: what `recombine` makes of each pair is compared with what the
 * `load_weights` of an environment's Keras makes of it.
 */
export async function judgeVariations(
  { name, variables }: Environment,
  python: string,
  folder: string,
): Promise<Row[]> {
  const kind = PACKAGES.get(name);
  if (kind === undefined) return [];
  const at = (file: string): string => join(folder, `variations-${name}`, file);
  const ask = (mode: string): string => run(python, [SCRIPT, mode, at(""), kind], variables);
  ask("make");
  const asked = JSON.parse(readFileSync(at("pairs.json"), "utf8")) as Asked[];
  const failures = new Map<string, string>();
  for (const { title, architecture, weights, variation, out } of asked) {
    const rules =
      variation.rules === undefined ? undefined : parseRenameRules(variation.rules, "rules");
    await recombine(
      { architecture: at(architecture), weights: at(weights) },
      { out: at(out), variation: { ...variation, rules } },
    ).catch((error: Error) => failures.set(title, error.message));
    if (out.endsWith(".keras") && name === "keras3" && !title.startsWith("chain")) {
      const parts = { out: at(`${out}.parts`), maxShardSize: 1000 };
      await split(at(out), parts).catch((error: Error) => failures.set(title, error.message));
    }
  }
  const judge = `load_weights of ${kind}`;
  return verdictRows(ask("judge"), failures, { writer: kind, judge, judged: "variation" });
}
