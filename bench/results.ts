import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { CommandName } from "./commands.ts";
import type { Machine } from "./machine.ts";
import type { Group } from "./models.ts";
import type { Run } from "./statistics.ts";

/** What was measured on one model: its runs by command, in the order they were run. */
export interface Measured {
  readonly id: string;
  readonly group: Group;
  readonly title: string;
  /** Bytes of the model file, and of what is copied: all parts, weights without training state. */
  readonly bytes: number;
  readonly written: { readonly split: number; readonly weights: number };
  /** Tensors of the weights. */
  readonly tensors: number;
  readonly measuredOn: string;
  readonly commands: Partial<Record<CommandName, readonly Run[]>>;
}

/** All that the report is made from. */
export interface Results {
  readonly machine: Machine;
  /** What measuring itself takes: the command `true`. */
  readonly nothing: readonly Run[];
  readonly models: readonly Measured[];
}

export function readResults(path: string): Results | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Results) : undefined;
}

export function writeResults(path: string, results: Results): void {
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`);
}

/** The models of `order`, each as it was measured now, else as it was before. */
export function merged(
  before: readonly Measured[],
  now: readonly Measured[],
  order: readonly string[],
): Measured[] {
  return order.flatMap((id) => {
    const one = now.find((model) => model.id === id) ?? before.find((model) => model.id === id);
    return one === undefined ? [] : [one];
  });
}
