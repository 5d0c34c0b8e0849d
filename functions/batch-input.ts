import * as z from "./zod.ts";
import { CleaveError, quote } from "../shared/errors.ts";
import { jobsPrefix } from "../shared/pipeline/places.ts";
import type { S3Documents } from "../shared/stores/s3/documents.ts";

/** What a batch is started with, by the schedule or by hand. */
export const batchInputSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("split"),
    /** Of the keys to look at; all unless said. */
    prefix: z._default(z.string(), ""),
    force: z._default(z.boolean(), false),
  }),
  z.strictObject({
    kind: z.literal("recombine"),
    /** Where a JSON array of what `recombine` is invoked with is. */
    jobs: z.strictObject({ bucket: z.string(), key: z.string() }),
  }),
]);

/** As the state machine goes on with it. */
export interface BatchInput {
  readonly kind: "split" | "recombine";
  readonly prefix: string;
  readonly force: boolean;
  readonly jobs: { readonly bucket: string; readonly key: string; readonly count: number } | null;
  readonly error: null;
}

/**
 * Looks at what a batch is to do before it begins: a list of jobs must be there, and be one.
 *
 * @throws CleaveError `USAGE` for a list that is none or not where the batch may read, `NOT_FOUND`
 */
export async function checkBatch(
  input: z.output<typeof batchInputSchema>,
  documents: S3Documents,
  artifactsBucket: string,
): Promise<BatchInput> {
  if (input.kind === "split") return { ...input, jobs: null, error: null };
  const { bucket, key } = input.jobs;
  const location = `s3://${bucket}/${key}`;
  if (bucket !== artifactsBucket || !key.startsWith(jobsPrefix)) {
    throw new CleaveError(
      "USAGE",
      `\`jobs\` is ${quote(location)}, and has to be below s3://${artifactsBucket}/${jobsPrefix}, where the batch may read.`,
    );
  }
  const found = await documents.read(location);
  if (found === undefined) {
    throw new CleaveError("NOT_FOUND", `There is no list of jobs at ${quote(location)}.`);
  }
  const count = countJobs(found.text, location);
  return { kind: "recombine", prefix: "", force: false, jobs: { bucket, key, count }, error: null };
}

function countJobs(text: string, location: string): number {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (cause) {
    const why = (cause as Error).message;
    throw new CleaveError("USAGE", `The list of jobs at ${quote(location)} is no JSON: ${why}.`, {
      cause,
    });
  }
  if (Array.isArray(list) && list.length > 0) return list.length;
  throw new CleaveError(
    "USAGE",
    `The list of jobs at ${quote(location)} must be a JSON array of at least one job.`,
  );
}
