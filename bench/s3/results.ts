import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Transfer } from "../../shared/stores/transfer.ts";
import type { Machine } from "../machine.ts";
import { spreadOf, type Run } from "../statistics.ts";
import type { Verb, Way } from "./commands.ts";
import { models, type SizeGroup } from "./models.ts";
import type { Seen } from "./requests.ts";

/** Our own server with latency, and one that we did not write. */
export type ServerName = "double" | "versitygw";

export interface S3Run extends Run {
  /** By the server's log, where it gives one. */
  readonly seen: Seen | undefined;
  /** By the command, where it is cleave. */
  readonly said: Transfer | undefined;
}

/** One command on one model and server. */
export interface Cell {
  readonly server: ServerName;
  readonly way: Way;
  readonly verb: Verb;
  readonly runs: readonly S3Run[];
}

/** What was measured on one model. */
export interface Measured {
  readonly id: string;
  readonly group: SizeGroup;
  readonly title: string;
  readonly bytes: number;
  readonly tensors: number;
  readonly levels: number;
  /** Bytes of the weights alone. */
  readonly weights: number;
  readonly measuredOn: string;
  readonly cells: readonly Cell[];
  /** By verb, with answers so late that rounds of requests are all the time. */
  readonly far: Partial<Record<Verb, Seen>>;
  /** By verb, within a control group. */
  readonly limited: Partial<Record<Verb, Limited>>;
  /** Seconds of one GET and one PUT of the weights, on the double. */
  readonly getAndPut: number | null;
}

/** A run within a limit of memory. */
export interface Limited {
  readonly peak: number;
  readonly atLimit: number;
  readonly wall: number;
}

export interface Results {
  readonly machine: Machine;
  readonly models: readonly Measured[];
}

/** Keeps what was measured before of models that were not measured now. */
export function writeResults(path: string, machine: Machine, now: Measured): Results {
  const before = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Results).models : [];
  const merged = models.flatMap(({ id }) => {
    const one = [now, ...before].find((measured) => measured.id === id);
    return one === undefined ? [] : [one];
  });
  const results = { machine, models: merged };
  writeFileSync(path, `${JSON.stringify(results, null, 1)}\n`);
  return results;
}

export function cellOf(
  { cells }: Measured,
  server: ServerName,
  way: Way,
  verb: Verb,
): Cell | undefined {
  return cells.find((cell) => cell.server === server && cell.way === way && cell.verb === verb);
}

export function medianOf({ runs }: Cell, quantity: "wall" | "cpu" | "rss"): number {
  return spreadOf(runs.map((run) => run[quantity])).median;
}

/** Of the last run: requests differ by some only where reads happen to be joined. */
export function seenOf(cell: Cell | undefined): Seen | undefined {
  return cell?.runs.at(-1)?.seen;
}
