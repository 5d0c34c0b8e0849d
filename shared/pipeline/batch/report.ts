import pLimit from "p-limit";
import type { S3Documents } from "../../stores/s3/documents.ts";
import { billed, prices } from "../prices.ts";
import { findOrphans, type Orphan } from "./orphans.ts";
import { outcomesPrefix, parseItemOutcome, type ItemOutcome } from "./item-outcome.ts";

export interface BatchRun {
  /** Name of the execution. */
  readonly run: string;
  readonly kind: "split" | "recombine";
  /** Of the keys that were looked at; "" for all. */
  readonly prefix: string;
  readonly force: boolean;
  /** Whether the bucket itself was listed: an inventory has not yet what was uploaded since. */
  readonly listed: boolean;
  /** Number of jobs to recombine. */
  readonly jobs: number;
  readonly startedAt: Date;
  /** Why the batch ended before all items were done. */
  readonly error: string | null;
}

/** What a batch has done: `report.json`. */
export interface BatchReport {
  readonly schema: "urn:keras-cleave:batch-report:1";
  readonly run: string;
  readonly kind: "split" | "recombine";
  readonly modelsBucket: string;
  readonly prefix: string;
  readonly force: boolean;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly error: string | null;
  readonly counts: Readonly<Record<ItemOutcome["outcome"] | "items" | "lost", number>>;
  /** Of the models that are split, in bytes. */
  readonly bytes: {
    readonly models: number;
    readonly weights: number;
    /** That a reader of weights alone need not read. */
    readonly saved: number;
    readonly copiedInS3: number;
    readonly throughFunctions: number;
  };
  readonly requests: Readonly<Record<string, number>>;
  readonly dollars: {
    readonly requests: number;
    readonly compute: number;
    readonly pricesAsOf: string;
  };
  readonly failures: readonly Failure[];
  readonly slowest: readonly { readonly model: string; readonly seconds: number }[];
  /** Artifacts of models that are gone. */
  readonly orphans: readonly Orphan[];
}

export interface Failure {
  readonly model: string;
  readonly code: string;
  readonly message: string;
  /** Whether another run tries it again. */
  readonly again: boolean;
}

interface Buckets {
  readonly modelsBucket: string;
  readonly artifactsBucket: string;
  readonly isModel: (key: string) => boolean;
}

const readsAtOnce = 64;
const mostSlow = 10;

/**
 * Sums up a batch from the outcomes of its items, the list of models and that of artifacts.
 *
 * @throws CleaveError `ACCESS_DENIED`, `STORE_UNAVAILABLE`
 */
export async function reportBatch(
  documents: S3Documents,
  batch: BatchRun,
  { modelsBucket, artifactsBucket, isModel }: Buckets,
): Promise<BatchReport> {
  const outcomes = await readOutcomes(documents, artifactsBucket, batch.run);
  const failures = outcomes.flatMap(failureOf);
  const seen = new Set(outcomes.map(({ item }) => item));
  for (let job = 0; job < batch.jobs; job += 1) {
    if (!seen.has(`${job}`)) failures.push(lost(`job ${job}`));
  }
  let orphans: readonly Orphan[] = [];
  if (batch.kind === "split") {
    const keys = new Set<string>();
    for await (const { key, modified } of documents.list(modelsBucket, batch.prefix)) {
      keys.add(key);
      if (!batch.listed || !isModel(key)) continue;
      if (seen.has(key) || modified >= batch.startedAt) continue;
      failures.push(lost(`s3://${modelsBucket}/${key}`));
    }
    orphans = await findOrphans(
      documents,
      { modelsBucket, artifactsBucket, prefix: batch.prefix },
      keys,
    );
  }
  return {
    schema: "urn:keras-cleave:batch-report:1",
    run: batch.run,
    kind: batch.kind,
    prefix: batch.prefix,
    force: batch.force,
    error: batch.error,
    modelsBucket,
    startedAt: batch.startedAt.toISOString(),
    endedAt: new Date().toISOString(),
    ...sums(outcomes, failures),
    failures,
    slowest: outcomes
      .toSorted((a, b) => b.seconds - a.seconds)
      .slice(0, mostSlow)
      .map(({ model, seconds }) => ({ model, seconds })),
    orphans,
  };
}

async function readOutcomes(
  documents: S3Documents,
  bucket: string,
  run: string,
): Promise<ItemOutcome[]> {
  const limit = pLimit(readsAtOnce);
  const reading: Promise<ItemOutcome | undefined>[] = [];
  for await (const { key } of documents.list(bucket, outcomesPrefix(run))) {
    const read = async (): Promise<ItemOutcome | undefined> => {
      const found = await documents.read(`s3://${bucket}/${key}`);
      return found && parseItemOutcome(found.text);
    };
    reading.push(limit(read));
  }
  const outcomes = await Promise.all(reading);
  return outcomes
    .filter((outcome) => outcome !== undefined)
    .toSorted((a, b) => (a.item < b.item ? -1 : 1));
}

function failureOf({ outcome, model, error }: ItemOutcome): Failure[] {
  if (outcome !== "failed" && outcome !== "error" && outcome !== "quarantined") return [];
  const { code, message } = error ?? { code: "INTERNAL", message: "" };
  return [{ model, code, message, again: outcome === "error" }];
}

/** A function that is killed can leave no outcome. */
function lost(model: string): Failure {
  return {
    model,
    code: "LOST",
    message:
      "It has no outcome: the function ended before it could write one (out of time or memory), or the batch ended first.",
    again: true,
  };
}

function sums(
  outcomes: readonly ItemOutcome[],
  failures: readonly Failure[],
): Pick<BatchReport, "counts" | "bytes" | "requests" | "dollars"> {
  const counts = {
    items: 0,
    split: 0,
    recombined: 0,
    unchanged: 0,
    skipped: 0,
    quarantined: 0,
    failed: 0,
    gone: 0,
    error: 0,
    lost: failures.filter(({ code }) => code === "LOST").length,
  };
  const bytes = { models: 0, weights: 0, saved: 0, copiedInS3: 0, throughFunctions: 0 };
  const requests: Record<string, number> = {};
  let gigabyteSeconds = 0;
  for (const { outcome, bytes: size, transfer, seconds, memory } of outcomes) {
    counts[outcome] += 1;
    counts.items += 1;
    bytes.models += size?.model ?? 0;
    bytes.weights += size?.weights ?? 0;
    bytes.copiedInS3 += transfer?.bytesCopied ?? 0;
    bytes.throughFunctions += (transfer?.bytesRead ?? 0) + (transfer?.bytesSent ?? 0);
    for (const [kind, count] of Object.entries(transfer?.requests ?? {})) {
      requests[kind] = (requests[kind] ?? 0) + count;
    }
    gigabyteSeconds += (seconds * memory) / 1024;
  }
  counts.items += counts.lost;
  bytes.saved = bytes.models - bytes.weights;
  const { reads, writes } = billed(requests);
  // Each item's outcome is written once and read once.
  const read = (reads + outcomes.length) * prices.read;
  const written = (writes + outcomes.length) * prices.write;
  const compute = gigabyteSeconds * prices.gigabyteSecond;
  const dollars = { requests: read + written, compute, pricesAsOf: prices.asOf };
  return { counts, bytes, requests, dollars };
}
