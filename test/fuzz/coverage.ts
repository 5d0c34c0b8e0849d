import { Session } from "node:inspector/promises";

/**
 * Which blocks of the product have run, by V8's own counters. jazzer.js instruments CommonJS that is
 * required, of which there is none here: modules of TypeScript are loaded as they are.
 */
export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Set<string>();

  get blocks(): number {
    return this.#seen.size;
  }

  async start(): Promise<void> {
    this.#session.connect();
    await this.#session.post("Profiler.enable");
    await this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** Counts what has run since it was asked last. */
  async takeNew(): Promise<number> {
    const { result } = await this.#session.post("Profiler.takePreciseCoverage");
    const before = this.#seen.size;
    for (const { url, scriptId, functions } of result) {
      if (!url.includes("/shared/")) continue;
      for (const { ranges } of functions) {
        for (const { startOffset, count } of ranges) {
          if (count > 0) this.#seen.add(`${scriptId}:${startOffset}:${bucket(count)}`);
        }
      }
    }
    return this.#seen.size - before;
  }
}

/** Once, a few times, many times: loops are told apart by it, and not without end. */
function bucket(count: number): number {
  return count < 4 ? count : Math.floor(Math.log2(count)) + 2;
}
