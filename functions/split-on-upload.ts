import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import { MetricUnit } from "@aws-lambda-powertools/metrics";
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import * as z from "./zod.ts";
import { splitModel } from "../shared/pipeline/split-model.ts";
import { chain } from "./chain.ts";
import { measure } from "./measure.ts";
import { logger, metrics } from "./powertools.ts";
import { surroundings } from "./surroundings.ts";
import { parseUploadEvent, uploadedModel } from "./upload-event.ts";

const schema = z.looseObject({ Records: z.array(z.looseObject({ body: z.string() })) });

/** Splits each model that a message of the queue tells of; messages that fail are delivered again. */
export const handler = chain(schema, async (event, context): Promise<SQSBatchResponse> => {
  const processor = new BatchProcessor(EventType.SQS);
  return processPartialResponse(
    event as unknown as SQSEvent,
    (record: SQSRecord) => splitUploaded(record, context),
    processor,
    { context, throwOnFullBatchFailure: false },
  );
});

async function splitUploaded({ body }: SQSRecord, context: Context): Promise<void> {
  const started = performance.now();
  try {
    const job = uploadedModel(parseUploadEvent(body));
    const { bucket, key, version, etag } = job;
    const correlation = `${bucket}/${key}/${version ?? etag}`;
    logger.appendKeys({ bucket, key, version, correlation_id: correlation });
    const outcome = await splitModel(job, surroundings(context));
    measure(outcome, { started, transfer: outcome.transfer });
  } catch (error) {
    metrics.addMetric("Errors", MetricUnit.Count, 1);
    logger.error("It will be tried again.", error as Error);
    throw error;
  }
}
