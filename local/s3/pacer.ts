import { setTimeout } from "node:timers/promises";

/** Lets bytes of one stream pass no faster than a given rate, or as they come without one. */
export class Pacer {
  readonly #bytesPerSecond: number;
  #passed = 0;
  #startedAt: number | undefined;

  constructor(bytesPerSecond = Infinity) {
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Resolves when `bytes` more are through. */
  async pass(bytes: number): Promise<void> {
    if (this.#bytesPerSecond === Infinity) return;
    const now = performance.now();
    this.#startedAt ??= now;
    this.#passed += bytes;
    const due = this.#startedAt + (this.#passed / this.#bytesPerSecond) * 1000;
    // Timers are exact to a millisecond; what is early now is made up for by the next call.
    if (due - now >= 1) await setTimeout(due - now);
  }
}
