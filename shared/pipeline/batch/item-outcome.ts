import { createHash } from "node:crypto";
import * as z from "zod/mini";
import type { S3Documents } from "../../stores/s3/documents.ts";
import { batchPrefix } from "../places.ts";

const itemOutcomeSchema = z.object({
  /** Key of the model, or the number of the job. */
  item: z.string(),
  /** `error`: it might succeed another time. */
  outcome: z.enum([
    "split",
    "recombined",
    "unchanged",
    "skipped",
    "quarantined",
    "failed",
    "gone",
    "error",
  ]),
  model: z.string(),
  folder: z.nullable(z.string()),
  family: z.nullable(z.string()),
  kerasVersion: z.nullable(z.string()),
  bytes: z.nullable(z.object({ model: z.number(), weights: z.number() })),
  error: z.nullable(z.object({ code: z.string(), message: z.string() })),
  transfer: z.nullable(
    z.object({
      bytesCopied: z.number(),
      bytesRead: z.number(),
      bytesSent: z.number(),
      requests: z.record(z.string(), z.number()),
      retries: z.number(),
    }),
  ),
  /** From begin to end of the call. */
  seconds: z.number(),
  /** Of the function, in MB. */
  memory: z.number(),
});

/** What one item of a batch has come to: an object of its own for each. */
export type ItemOutcome = z.infer<typeof itemOutcomeSchema>;

export function outcomesPrefix(run: string): string {
  return `${batchPrefix}${run}/outcomes/`;
}

/** An item has one outcome: that of a later attempt replaces the earlier one's. */
export async function writeItemOutcome(
  documents: S3Documents,
  bucket: string,
  run: string,
  outcome: ItemOutcome,
): Promise<void> {
  const name = createHash("sha256").update(outcome.item).digest("hex");
  const location = `s3://${bucket}/${outcomesPrefix(run)}${name}.json`;
  await documents.write(location, JSON.stringify(outcome));
}

/** @throws Error for what `writeItemOutcome` has not written */
export function parseItemOutcome(text: string): ItemOutcome {
  return itemOutcomeSchema.parse(JSON.parse(text));
}
