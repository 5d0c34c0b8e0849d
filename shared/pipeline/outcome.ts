import type { ErrorCode } from "../errors.ts";
import type { Family } from "../keras/model.ts";
import type { Transfer } from "../stores/transfer.ts";

/**
 * What became of a model that was to be split or recombined:
 *
 * - `split`, `recombined`: done now;
 * - `unchanged`: it had been done before, and stands;
 * - `skipped`: a sound file that is no whole model: weights, a shard, HDF5 of another program;
 * - `quarantined`: the policy keeps it away;
 * - `failed`: it cannot be done, however often it is tried;
 * - `gone`: it was deleted or overwritten meanwhile.
 *
 * What may succeed later is none of these: it is thrown.
 */
export type OutcomeKind =
  | "split"
  | "recombined"
  | "unchanged"
  | "skipped"
  | "quarantined"
  | "failed"
  | "gone";

export interface Outcome {
  readonly outcome: OutcomeKind;
  /** The model, `s3://…`, with its version where there are versions. */
  readonly model: string;
  /** Of the artifacts; null where there are none. */
  readonly folder: string | null;
  readonly family: Family | null;
  readonly kerasVersion: string | null;
  /** In bytes, where known. */
  readonly bytes: { readonly model: number; readonly weights: number } | null;
  /** Where it was not done. */
  readonly error: { readonly code: ErrorCode; readonly message: string } | null;
  readonly transfer: Transfer;
}

/** What is known of a model before it was looked into. */
export function nothingOf(model: string): Omit<Outcome, "outcome" | "transfer"> {
  return { model, folder: null, family: null, kerasVersion: null, bytes: null, error: null };
}

/** What two pieces of work have done together. */
export function addTransfers(a: Transfer, b: Transfer | null): Transfer {
  if (b === null) return a;
  const requests = { ...a.requests };
  for (const [kind, count] of Object.entries(b.requests)) {
    requests[kind] = (requests[kind] ?? 0) + count;
  }
  return {
    bytesCopied: a.bytesCopied + b.bytesCopied,
    bytesRead: a.bytesRead + b.bytesRead,
    bytesSent: a.bytesSent + b.bytesSent,
    requests,
    retries: a.retries + b.retries,
    seconds: Math.max(a.seconds, b.seconds),
    notes: [...new Set([...a.notes, ...b.notes])],
  };
}
