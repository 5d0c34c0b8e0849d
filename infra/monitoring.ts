import { Duration } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import type { NightlyBatch } from "./nightly-batch.ts";
import type { OnDemand } from "./on-demand.ts";
import type { PipelineFunction } from "./pipeline-function.ts";
import type { SplitOnUpload } from "./split-on-upload.ts";

export interface MonitoringProps {
  readonly topic: ITopic;
  readonly upload: SplitOnUpload;
  readonly onDemand: OnDemand;
  readonly batch: NightlyBatch;
}

const minutes = Duration.minutes(5);

/** Alarms for what somebody must see to, and a dashboard of what goes on. */
export class Monitoring extends Construct {
  readonly #topic: ITopic;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const { topic, upload, onDemand, batch } = props;
    this.#topic = topic;
    const functions = [upload.function, ...onDemand.functions, ...batch.functions];
    const deadLetters: readonly (readonly [string, IQueue, string])[] = [
      ["UploadDeadLetters", upload.deadLetters, "uploads that could not be split"],
      ["UploadUndelivered", upload.undelivered, "events of uploads that did not arrive"],
      ["OnDemandFailures", onDemand.failures, "asynchronous calls that failed"],
      ["BatchNotStarted", batch.notStarted, "batches that were not started"],
    ];
    for (const [name, queue, what] of deadLetters) {
      this.#alarm(
        name,
        queue.metricApproximateNumberOfMessagesVisible({ period: minutes, statistic: "max" }),
        1,
        `Cleave: ${what}`,
      );
    }
    const age = upload.queue.metricApproximateAgeOfOldestMessage({
      period: minutes,
      statistic: "max",
    });
    this.#alarm("OldestUpload", age, 3600, "Cleave: an upload waits for more than an hour");
    for (const one of functions) this.#watch(one);
    this.#alarm(
      "BatchItemsFailed",
      totals("BatchFailed"),
      1,
      "Cleave: items of a batch failed; the report says which",
    );
    this.#alarm(
      "ModelsQuarantined",
      totals("ModelsQuarantined"),
      1,
      "Cleave: a model is kept away; verdict.json beside its artifacts says why",
    );
    const failed = batch.stateMachine.metricFailed({ period: minutes, statistic: "sum" });
    this.#alarm("BatchFailed", failed, 1, "Cleave: a batch failed");
    this.#dashboard(props, functions);
  }

  #watch({ node, function: one }: PipelineFunction): void {
    const name = node.path.split("/").slice(-2).join("");
    this.#alarm(
      `${name}Errors`,
      one.metricErrors({ period: minutes }),
      1,
      `Cleave: errors of ${name}`,
    );
    this.#alarm(
      `${name}Throttles`,
      one.metricThrottles({ period: minutes }),
      1,
      `Cleave: ${name} is throttled`,
    );
    const limit = one.timeout!.toMilliseconds() * 0.8;
    const duration = one.metricDuration({ period: minutes, statistic: "p99" });
    this.#alarm(`${name}Duration`, duration, limit, `Cleave: ${name} is near its timeout`);
  }

  #alarm(
    id: string,
    metric: cloudwatch.IMetric,
    threshold: number,
    alarmDescription: string,
  ): void {
    const alarm = new cloudwatch.Alarm(this, id, {
      metric,
      threshold,
      alarmDescription,
      evaluationPeriods: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.#topic));
  }

  #dashboard({ upload, batch }: MonitoringProps, functions: readonly PipelineFunction[]): void {
    const graph = (title: string, left: cloudwatch.IMetric[]): cloudwatch.GraphWidget =>
      new cloudwatch.GraphWidget({ title, left, width: 8, height: 6 });
    const dashboard = new cloudwatch.Dashboard(this, "Dashboard");
    dashboard.addWidgets(
      graph(
        "Models",
        [
          "ModelsSplit",
          "ModelsRecombined",
          "ModelsUnchanged",
          "ModelsSkipped",
          "ModelsQuarantined",
          "ModelsFailed",
        ].map(totals),
      ),
      graph("Bytes", ["BytesCopiedInS3", "BytesThroughFunction"].map(totals)),
      graph("Queue", [
        upload.queue.metricApproximateNumberOfMessagesVisible({ period: minutes }),
        upload.queue.metricApproximateAgeOfOldestMessage({ period: minutes }),
        upload.deadLetters.metricApproximateNumberOfMessagesVisible({ period: minutes }),
      ]),
    );
    dashboard.addWidgets(
      graph(
        "Errors",
        functions.map(({ function: one }) => one.metricErrors({ period: minutes })),
      ),
      graph(
        "Duration, p99",
        functions.map(({ function: one }) =>
          one.metricDuration({ period: minutes, statistic: "p99" }),
        ),
      ),
      graph("Batch", [
        ...["BatchItems", "BatchSplit", "BatchUnchanged", "BatchFailed"].map(totals),
        batch.stateMachine.metricFailed({ period: minutes }),
      ]),
    );
  }
}

/** One of the functions' own, over all formats. */
function totals(metricName: string): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: "Cleave",
    metricName,
    dimensionsMap: { service: "cleave" },
    statistic: "sum",
    period: minutes,
  });
}
