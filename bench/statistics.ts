/** One run of one command, as a process of its own. */
export interface Run {
  /** Seconds by the clock. */
  readonly wall: number;
  /** Seconds of processor time, user and system, of all its threads and children. */
  readonly cpu: number;
  /** Peak resident set in bytes. */
  readonly rss: number;
}

/** Several runs of one command. */
export interface Summary {
  readonly runs: number;
  readonly wall: Spread;
  readonly cpu: Spread;
  readonly rss: Spread;
}

export interface Spread {
  readonly minimum: number;
  readonly median: number;
  readonly maximum: number;
}

export function summaryOf(runs: readonly Run[]): Summary {
  return {
    runs: runs.length,
    wall: spreadOf(runs.map(({ wall }) => wall)),
    cpu: spreadOf(runs.map(({ cpu }) => cpu)),
    rss: spreadOf(runs.map(({ rss }) => rss)),
  };
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [minimum, maximum] = [sorted[0], sorted.at(-1)];
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (minimum === undefined || maximum === undefined) throw new Error("There are no runs.");
  if (upper === undefined || lower === undefined) throw new Error("There are no runs.");
  return { minimum, median: (lower + upper) / 2, maximum };
}
