import type { Transfer } from "../transfer.ts";

/** Counts what goes through the store while a verb is at work. */
export class Traffic {
  bytesCopied = 0;
  bytesRead = 0;
  bytesSent = 0;
  retries = 0;
  readonly #requests = new Map<string, number>();
  readonly #notes = new Set<string>();
  readonly #started = performance.now();

  request(kind: string): void {
    this.#requests.set(kind, (this.#requests.get(kind) ?? 0) + 1);
  }

  /** Says once what could not be done the cheap way. */
  note(text: string): void {
    this.#notes.add(text);
  }

  /** So far. */
  report(): Transfer {
    return {
      bytesCopied: this.bytesCopied,
      bytesRead: this.bytesRead,
      bytesSent: this.bytesSent,
      requests: Object.fromEntries([...this.#requests].toSorted(([, a], [, b]) => b - a || 0)),
      retries: this.retries,
      seconds: Math.round(performance.now() - this.#started) / 1000,
      notes: [...this.#notes],
    };
  }
}
