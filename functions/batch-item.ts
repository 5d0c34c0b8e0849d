import { MetricUnit } from "@aws-lambda-powertools/metrics";
import * as z from "./zod.ts";
import { CleaveError } from "../shared/errors.ts";
import { writeItemOutcome, type ItemOutcome } from "../shared/pipeline/batch/item-outcome.ts";
import { inEventTerms } from "../shared/pipeline/event-terms.ts";
import { isPermanent } from "../shared/pipeline/failure.ts";
import { keyMatcher } from "../shared/pipeline/key-patterns.ts";
import { splitModel } from "../shared/pipeline/split-model.ts";
import type { Surroundings } from "../shared/pipeline/surroundings.ts";
import { S3Documents } from "../shared/stores/s3/documents.ts";
import { chain } from "./chain.ts";
import { environment } from "./environment.ts";
import { measure } from "./measure.ts";
import { recombineEventSchema } from "./on-demand-events.ts";
import { logger, metrics } from "./powertools.ts";
import { recombineAsked } from "./recombine-asked.ts";
import { surroundings } from "./surroundings.ts";

const schema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("split"),
    run: z.string(),
    force: z._default(z.boolean(), false),
    /** Of the keys to do: a list of S3 Inventory has all. */
    prefix: z._default(z.string(), ""),
    bucket: z.string(),
    /** As the Distributed Map lists it; "Etag" in the documentation of Step Functions. */
    item: z.looseObject({
      Key: z.string(),
      ETag: z.optional(z.string()),
      Etag: z.optional(z.string()),
    }),
  }),
  z.object({
    kind: z.literal("recombine"),
    run: z.string(),
    index: z.number(),
    job: z.unknown(),
  }),
]);

type Event = z.output<typeof schema>;
type Done = Omit<ItemOutcome, "item" | "seconds" | "memory">;

/**
 * Does one item of a batch, and writes what it came to. What may succeed another time is thrown,
 * so that it is tried again; everything else is an answer.
 */
export const handler = chain(schema, async (event, context) => {
  const started = performance.now();
  const { artifactsBucket, keyPatterns } = environment();
  if (event.kind === "split" && !isAsked(event, keyMatcher(keyPatterns))) {
    metrics.addMetric("KeysIgnored", MetricUnit.Count, 1);
    return { outcome: "ignored", item: event.item.Key };
  }
  const item = event.kind === "split" ? event.item.Key : `${event.index}`;
  logger.appendKeys({ run: event.run, item, correlation_id: `${event.run}/${item}` });
  const around = surroundings(context);
  const write = async (done: Done): Promise<void> => {
    const seconds = (performance.now() - started) / 1000;
    const outcome = { item, ...done, seconds, memory: Number(context.memoryLimitInMB) };
    const documents = new S3Documents(around.s3);
    await writeItemOutcome(documents, artifactsBucket, event.run, outcome);
  };
  try {
    const done =
      event.kind === "split" ? await splitItem(event, around) : await recombineItem(event, around);
    measure(done, { started, transfer: done.transfer });
    await write(done);
    return { outcome: done.outcome, model: done.model, error: done.error };
  } catch (error) {
    const { name } = error as Error;
    const message = inEventTerms((error as Error).message);
    const code = error instanceof CleaveError ? error.code : name;
    await write({ ...nothing(item), outcome: "error", error: { code, message } });
    throw error;
  }
});

function isAsked(
  { item: { Key }, prefix }: Extract<Event, { kind: "split" }>,
  isModel: (key: string) => boolean,
): boolean {
  return Key.startsWith(prefix) && isModel(Key);
}

async function splitItem(
  { bucket, item, force }: Extract<Event, { kind: "split" }>,
  around: Surroundings,
): Promise<Awaited<ReturnType<typeof splitModel>>> {
  const etag = (item.ETag ?? item.Etag)?.replaceAll('"', "");
  return splitModel({ bucket, key: item.Key, etag, force }, around);
}

/** Of the codes that are no matter of bytes, those that trying again does not mend. */
const refused = new Set(["QUARANTINED", "TARGET_EXISTS", "USAGE", "NOT_FOUND", "WEIGHTS_ONLY"]);

async function recombineItem(
  { job, index }: Extract<Event, { kind: "recombine" }>,
  around: Surroundings,
) {
  const { success, data, error } = recombineEventSchema.safeParse(job);
  const nothingDone = { ...nothing(`job ${index}`), outcome: "failed" as const, transfer: null };
  if (!success) {
    return { ...nothingDone, error: { code: "BAD_EVENT", message: z.prettifyError(error) } };
  }
  try {
    const { out: model, family, transfer } = await recombineAsked(data, around);
    return { ...nothingDone, outcome: "recombined" as const, model, family, transfer };
  } catch (cause) {
    const isFinal = isPermanent(cause) || refused.has((cause as CleaveError).code);
    if (!isFinal) throw cause;
    const { code, message } = cause as CleaveError;
    return { ...nothingDone, error: { code, message: inEventTerms(message) } };
  }
}

function nothing(model: string) {
  return {
    model,
    folder: null,
    family: null,
    kerasVersion: null,
    bytes: null,
    error: null,
    transfer: null,
  };
}
