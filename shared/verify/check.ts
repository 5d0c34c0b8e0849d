/** One thing that was compared, how much of it, and what was wrong. */
export interface Check {
  /** Stable name: artifacts, tensors, digests, h5wasm, architecture, … */
  readonly name: CheckName;
  /** What was counted, in the plural: "files", "tensors". */
  readonly of: string;
  readonly compared: number;
  /** Bytes of values that were compared. */
  readonly bytes: number;
  /** Empty where everything agrees. */
  readonly problems: readonly string[];
}

export type CheckName =
  | "artifacts"
  | "tensors"
  | "digests"
  | "h5wasm"
  | "numbers"
  | "architecture"
  | "training config"
  | "weights"
  | "training state"
  | "assets"
  | "container";

/** A check that counts while it goes on. */
export class OpenCheck implements Check {
  readonly name: CheckName;
  readonly of: string;
  compared = 0;
  bytes = 0;
  readonly problems: string[] = [];

  constructor(name: CheckName, of: string) {
    this.name = name;
    this.of = of;
  }

  /** Counts one comparison of `bytes` bytes; `problem` is said where it failed. */
  count(agrees: boolean, problem: () => string, bytes = 0): void {
    this.compared += 1;
    this.bytes += bytes;
    if (!agrees) this.problems.push(problem());
  }
}
