import type { Outcome } from "../contract/run-contract.ts";
import type { Deviation } from "./deviations.ts";

/** What a judge did, beside what is known of it. */
export interface Comparison {
  readonly judge: string;
  readonly passed: number;
  readonly known: number;
  readonly skipped: readonly Outcome[];
  /** What was not known, or is otherwise, or is no more; none of these may be. */
  readonly surprises: readonly Surprise[];
}

export interface Surprise {
  readonly check: string;
  /** Undefined: it did as S3 does. */
  readonly got: string | undefined;
  /** Undefined: it was expected to do as S3 does. */
  readonly known: string | undefined;
}

/** Compares outcomes with the known deviations of a judge. */
export function compare(
  judge: string,
  outcomes: readonly Outcome[],
  deviations: readonly Deviation[],
): Comparison {
  const known = new Map(
    deviations.filter((one) => one.judge === judge).map(({ check, got }) => [check, got]),
  );
  const names = new Set(outcomes.map(({ name }) => name));
  const asked = outcomes.filter(({ skipped }) => skipped === undefined);
  const differing = asked
    .filter(({ name, got }) => got !== known.get(name))
    .map(({ name, got }) => ({ check: name, got, known: known.get(name) }));
  // A deviation of a check that is no longer there would stay for ever.
  const stale = [...known.keys()]
    .filter((check) => !names.has(check))
    .map((check) => ({ check, got: "there is no such check", known: known.get(check) }));
  return {
    judge,
    passed: asked.filter(({ ok }) => ok).length,
    known: asked.filter(({ name, got }) => got !== undefined && got === known.get(name)).length,
    skipped: outcomes.filter(({ skipped }) => skipped !== undefined),
    surprises: [...differing, ...stale],
  };
}
