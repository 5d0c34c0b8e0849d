import { MetricUnit } from "@aws-lambda-powertools/metrics";
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import * as z from "./zod.ts";
import { reportBatch, type BatchReport } from "../shared/pipeline/batch/report.ts";
import { reportPage } from "../shared/pipeline/batch/report-page.ts";
import { keyMatcher } from "../shared/pipeline/key-patterns.ts";
import { reportsPrefix } from "../shared/pipeline/places.ts";
import { S3Documents } from "../shared/stores/s3/documents.ts";
import { always } from "../shared/stores/s3/conditions.ts";
import { batchInputSchema, checkBatch } from "./batch-input.ts";
import { chain } from "./chain.ts";
import { environment } from "./environment.ts";
import { logger, metrics } from "./powertools.ts";

const reportSchema = z.object({
  stage: z.literal("report"),
  run: z.string(),
  kind: z.enum(["split", "recombine"]),
  prefix: z._default(z.string(), ""),
  force: z._default(z.boolean(), false),
  listed: z._default(z.boolean(), true),
  /** Of a batch of recombinations. */
  jobs: z.optional(z.nullable(z.object({ count: z.number() }))),
  startedAt: z.string(),
  error: z.optional(
    z.nullable(z.looseObject({ Error: z.optional(z.string()), Cause: z.optional(z.string()) })),
  ),
});

const schema = z.discriminatedUnion("stage", [
  z.strictObject({ stage: z.literal("check"), input: batchInputSchema }),
  reportSchema,
]);

/** The first and the last state of a batch: looks at its input; sums up what was done. */
export const handler = chain(schema, async (event) =>
  event.stage === "check"
    ? checkBatch(event.input, new S3Documents(), environment().artifactsBucket)
    : reportOn(event),
);

/** Writes the report of a batch, tells of failures, and puts the totals in metrics. */
async function reportOn({
  error,
  startedAt,
  jobs,
  ...batch
}: z.output<typeof reportSchema>): Promise<object> {
  const { modelsBucket, artifactsBucket, keyPatterns, topic } = environment();
  logger.appendKeys({ run: batch.run, correlation_id: batch.run });
  const documents = new S3Documents();
  const report = await reportBatch(
    documents,
    {
      ...batch,
      jobs: jobs?.count ?? 0,
      startedAt: new Date(startedAt),
      error: error ? `${error.Error ?? "Error"}: ${error.Cause ?? "no cause was given"}` : null,
    },
    { modelsBucket, artifactsBucket, isModel: keyMatcher(keyPatterns) },
  );
  const day = `s3://${artifactsBucket}/${reportsPrefix}${report.startedAt.slice(0, 10)}`;
  const json = `${JSON.stringify(report, null, 2)}\n`;
  const page = reportPage(report);
  // That of the day's last batch, and each batch's own.
  for (const folder of [`${day}/${batch.run}`, day]) {
    await documents.write(`${folder}/report.json`, json);
    await documents.write(`${folder}/report.html`, page, always, "text/html; charset=utf-8");
  }
  count(report);
  const location = `${day}/report.html`;
  if (topic !== undefined && hasFailed(report)) await notify(topic, report, location);
  const { counts, failures } = report;
  return { report: location, json: `${day}/report.json`, counts, failed: failures.length };
}

function hasFailed({ failures, error }: BatchReport): boolean {
  return failures.length > 0 || error !== null;
}

function count({ counts, bytes, failures }: BatchReport): void {
  metrics.addMetric("BatchItems", MetricUnit.Count, counts.items);
  metrics.addMetric("BatchSplit", MetricUnit.Count, counts.split);
  metrics.addMetric("BatchRecombined", MetricUnit.Count, counts.recombined);
  metrics.addMetric("BatchUnchanged", MetricUnit.Count, counts.unchanged);
  metrics.addMetric("BatchSkipped", MetricUnit.Count, counts.skipped);
  metrics.addMetric("BatchFailed", MetricUnit.Count, failures.length);
  metrics.addMetric("BatchBytesSaved", MetricUnit.Bytes, bytes.saved);
}

const mostTold = 20;

async function notify(topic: string, report: BatchReport, location: string): Promise<void> {
  const { failures, counts, error } = report;
  const told = failures
    .slice(0, mostTold)
    .map(({ model, code, message }) => `${model}\n  ${code}: ${message}`);
  const left = failures.length - told.length;
  const lines = [
    `${failures.length} of ${counts.items} items failed in the batch ${report.run}.`,
    ...(error === null ? [] : [`The batch ended early. ${error}`]),
    `The report: ${location}`,
    "",
    ...told,
    ...(left > 0 ? [`and ${left} more`] : []),
  ];
  const client = new SNSClient();
  await client.send(
    new PublishCommand({
      TopicArn: topic,
      Subject: `Cleave: ${failures.length} of ${counts.items} failed`,
      Message: lines.join("\n"),
    }),
  );
}
