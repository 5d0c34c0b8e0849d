import { readFileSync } from "node:fs";
import type { Transfer } from "../../shared/stores/transfer.ts";
import { measure, settle, type Meter } from "../measure.ts";
import { spreadOf } from "../statistics.ts";
import { variablesOf } from "./bucket.ts";
import {
  commandOf,
  getAndPut,
  preparation,
  script,
  verbs,
  type Places,
  type Verb,
  type Way,
} from "./commands.ts";
import { limitMemory } from "./memory-limit.ts";
import type { ModelFile, S3Model } from "./models.ts";
import { seenIn } from "./requests.ts";
import type { Cell, Measured, S3Run } from "./results.ts";
import type { Server } from "./server.ts";

/** The programs, and how often each command is timed. */
export interface Tools extends Pick<Places, "node" | "cleave" | "python"> {
  readonly meter: Meter;
  readonly rounds: number;
  readonly say: (what: string) => void;
}

/** 256 MiB. */
export const memoryLimit = 2 ** 28;
/** More is not touched before each run: the command does not take it. */
const mostTouched = 2e9;

/** One model on one server. */
export class Site {
  readonly #server: Server;
  readonly #places: Places;
  readonly #tools: Tools;
  readonly #meter: Meter;

  constructor(server: Server, { ending }: S3Model, tools: Tools) {
    const { node, cleave, python, meter } = tools;
    this.#server = server;
    this.#tools = tools;
    this.#meter = { ...meter, variables: { ...meter.variables, ...variablesOf(server.access) } };
    const keys = { model: `model${ending}`, kept: "kept", scratch: "scratch" };
    this.#places = { node, cleave, python, ending, ...keys };
  }

  /** Puts the model there, and its parts; says how the split that made them went. */
  async fill(file: ModelFile): Promise<S3Run> {
    await this.#server.put(this.#places.model, file);
    return this.run(preparation(this.#places));
  }

  async empty(): Promise<void> {
    const { model, kept, scratch } = this.#places;
    for (const prefix of [model, kept, scratch]) await this.#server.bucket.remove(prefix);
  }

  /** All commands in turn; once more, before, to warm up where times are to be compared. */
  async cells(chosen: readonly (readonly [Way, Verb])[], size: number): Promise<Cell[]> {
    const server = this.#server.name;
    const { rounds, say } = this.#tools;
    const runs = chosen.map((): S3Run[] => []);
    for (let round = rounds > 1 ? 0 : 1; round <= rounds; round += 1) {
      say(`  ${server}: ${round === 0 ? "warming up" : `round ${round} of ${rounds}`}`);
      for (const [index, [way, verb]] of chosen.entries()) {
        settle(Math.min(Math.round(1.5 * size), mostTouched), this.#meter);
        const run = await this.run(commandOf(way, verb, this.#places));
        if (round > 0) runs[index]!.push(run);
      }
    }
    return chosen.map(([way, verb], index) => ({ server, way, verb, runs: runs[index]! }));
  }

  /** Recombines what `fill` has split. */
  recombine(): Promise<S3Run> {
    return this.run(commandOf("cleave", "recombine", this.#places));
  }

  /** Each verb within `memoryLimit`; a command that is killed fails the benchmark. */
  async limited(): Promise<Measured["limited"]> {
    const found: Measured["limited"] = {};
    for (const verb of verbs) {
      const limit = limitMemory(memoryLimit);
      if (limit === undefined) return {};
      try {
        const command = commandOf("cleave", verb, this.#places);
        const inGroup = [this.#places.python, script("s3_in_cgroup.py"), limit.folder, ...command];
        const { wall } = await this.run(inGroup);
        found[verb] = { ...limit.read(), wall };
      } finally {
        limit.remove();
      }
    }
    return found;
  }

  /** Size of the weights, and seconds of one GET and one PUT of them. */
  async weights(isTimed: boolean): Promise<Pick<Measured, "weights" | "getAndPut">> {
    const parts = await this.#server.bucket.list(`${this.#places.kept}/`);
    const { key, size } = parts.find((part) => /model.weights\.h5$/.test(part.key))!;
    const seconds: number[] = [];
    const rounds = isTimed ? this.#tools.rounds : 0;
    for (let round = 0; round < rounds; round += 1) {
      const { seen } = await this.run(getAndPut(key, this.#places));
      seconds.push(seen!.seconds);
    }
    return { weights: size, getAndPut: isTimed ? spreadOf(seconds).median : null };
  }

  async run(argv: readonly string[]): Promise<S3Run> {
    await this.#server.clear();
    const run = measure(argv, this.#meter);
    const log = await this.#server.log();
    const said = readFileSync(this.#meter.said, "utf8");
    await this.#server.bucket.remove(this.#places.scratch);
    const transfer = said.startsWith("{")
      ? (JSON.parse(said) as { transfer: Transfer }).transfer
      : undefined;
    return { ...run, seen: log && seenIn(log), said: transfer };
  }
}
