import { MetricUnit } from "@aws-lambda-powertools/metrics";
import type { Outcome, OutcomeKind } from "../shared/pipeline/outcome.ts";
import type { Transfer } from "../shared/stores/transfer.ts";
import { logger, metrics } from "./powertools.ts";

const counted: Readonly<Record<OutcomeKind, string>> = {
  split: "ModelsSplit",
  recombined: "ModelsRecombined",
  unchanged: "ModelsUnchanged",
  skipped: "ModelsSkipped",
  quarantined: "ModelsQuarantined",
  failed: "ModelsFailed",
  gone: "ModelsGone",
};

/** Puts what was done in metrics, once over all and once by format and Keras version, and in the log. */
export function measure(
  outcome: Pick<Outcome, "outcome" | "family" | "kerasVersion">,
  { transfer, ...facts }: Measured,
): void {
  const { family, kerasVersion } = outcome;
  // Those of the record before, where there are several in a batch.
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  metrics.addDimensions({});
  metrics.addDimensions({ format: family ?? "unknown", keras: kerasVersion ?? "unknown" });
  metrics.addMetric(counted[outcome.outcome], MetricUnit.Count, 1);
  metrics.addMetric("Duration", MetricUnit.Milliseconds, performance.now() - facts.started);
  if (transfer !== null) {
    const { bytesCopied, bytesRead, bytesSent } = transfer;
    metrics.addMetric("BytesCopiedInS3", MetricUnit.Bytes, bytesCopied);
    metrics.addMetric("BytesThroughFunction", MetricUnit.Bytes, bytesRead + bytesSent);
  }
  logger.info(outcome.outcome, { ...outcome, transfer });
}

interface Measured {
  /** By `performance.now()`. */
  readonly started: number;
  readonly transfer: Transfer | null;
}
