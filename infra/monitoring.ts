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
  /** The dimension of the functions' own metrics. */
  readonly service: string;
}

const minutes = Duration.minutes(5);

/** Alarms for what somebody must see to, and a dashboard of what goes on. */
export class Monitoring extends Construct {
  readonly #topic: ITopic;
  readonly #service: string;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const { topic, upload, onDemand, batch, service } = props;
    this.#topic = topic;
    this.#service = service;
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
      this.#total("BatchFailed"),
      1,
      "Cleave: items of a batch failed; the report says which",
    );
    this.#alarm(
      "ModelsQuarantined",
      this.#total("ModelsQuarantined"),
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
        ].map((name) => this.#total(name)),
      ),
      graph(
        "Bytes",
        ["BytesCopiedInS3", "BytesThroughFunction"].map((name) => this.#total(name)),
      ),
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
        ...["BatchItems", "BatchSplit", "BatchUnchanged", "BatchFailed"].map((name) =>
          this.#total(name),
        ),
        batch.stateMachine.metricFailed({ period: minutes }),
      ]),
    );
  }

  /** One of the functions' own metrics, over all formats. */
  #total(metricName: string): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: "Cleave",
      metricName,
      dimensionsMap: { service: this.#service },
      statistic: "sum",
      period: minutes,
    });
  }
}
