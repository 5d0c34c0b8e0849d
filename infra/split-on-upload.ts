import { Duration, Validations } from "aws-cdk-lib";
import * as events from "aws-cdk-lib/aws-events";
import * as targets from "aws-cdk-lib/aws-events-targets";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import * as sqs from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { usualPatterns } from "../shared/pipeline/key-patterns.ts";
import { atMost } from "./bounded.ts";
import { deadLetterQueue } from "./dead-letters.ts";
import { PipelineFunction, type PipelineFunctionProps } from "./pipeline-function.ts";

/** How often a message is delivered before it is given up. */
const mostDeliveries = 3;

/** S3 → EventBridge → queue → function: each uploaded model is split. */
export class SplitOnUpload extends Construct {
  readonly function: PipelineFunction;
  readonly queue: sqs.Queue;
  /** Of models that could not be split, though they were tried several times. */
  readonly deadLetters: sqs.Queue;
  /** Of events that did not reach the queue. */
  readonly undelivered: sqs.Queue;

  constructor(
    scope: Construct,
    id: string,
    { resources, pipeline }: Pick<PipelineFunctionProps, "resources" | "pipeline">,
  ) {
    super(scope, id);
    const timeout = Duration.minutes(15);
    this.function = new PipelineFunction(this, "Function", {
      name: "split-on-upload",
      description: "Cleave: splits each model that is uploaded",
      resources,
      pipeline,
      timeout,
      failures: "The queue of uploads has dead letters.",
    });
    Validations.of(this.function).acknowledge({
      id: "Serverless-LambdaEventSourceMappingDestination",
      reason: "A queue has dead letters of its own; Lambda takes no destination for it.",
    });
    this.deadLetters = deadLetterQueue(this, "DeadLetters");
    this.queue = new sqs.Queue(this, "Queue", {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // AWS asks for six times the timeout, so that retries of the poller find their message.
      visibilityTimeout: Duration.seconds(timeout.toSeconds() * 6),
      retentionPeriod: Duration.days(14),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: mostDeliveries },
    });
    this.function.function.addEventSource(
      new SqsEventSource(this.queue, {
        batchSize: 1,
        reportBatchItemFailures: true,
        maxConcurrency: pipeline.uploadConcurrency ?? atMost(10, pipeline, "split-on-upload"),
      }),
    );
    this.undelivered = deadLetterQueue(this, "Undelivered");
    const patterns = pipeline.keyPatterns ?? usualPatterns;
    new events.Rule(this, "Rule", {
      description: "Cleave: models that are uploaded",
      eventPattern: {
        source: ["aws.s3"],
        detailType: ["Object Created"],
        detail: {
          bucket: { name: [resources.models.bucketName] },
          object: { key: patterns.map((wildcard) => ({ wildcard })) },
        },
      },
      targets: [
        new targets.SqsQueue(this.queue, {
          deadLetterQueue: this.undelivered,
          retryAttempts: 185,
          maxEventAge: Duration.hours(24),
        }),
      ],
    });
  }
}
