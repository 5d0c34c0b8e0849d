import type { Layout } from "./bytes/layout.ts";

/** Called now and then while tensors are moved. Both in bytes. */
export type OnProgress = (done: number, total: number) => void;

/** Adds up what is moved of several layouts. */
export class Progress {
  readonly #total: number;
  readonly #onProgress: OnProgress | undefined;
  #done = 0;

  constructor(layouts: ReadonlyMap<string, Layout>, onProgress: OnProgress | undefined) {
    this.#total = [...layouts.values()].reduce((sum, { size }) => sum + size, 0);
    this.#onProgress = onProgress;
  }

  add(bytes: number): void {
    this.#done += bytes;
    this.#onProgress?.(this.#done, this.#total);
  }
}
