import { fileURLToPath } from "node:url";
import { Stack, Tags } from "aws-cdk-lib";
import type * as lambda from "aws-cdk-lib/aws-lambda";
import { EventBus } from "aws-cdk-lib/aws-events";
import { PermissionsBoundary, PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import { Topic, type ITopic } from "aws-cdk-lib/aws-sns";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { IStateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { Buckets } from "./buckets.ts";
import { checkProps } from "./check-props.ts";
import { Monitoring } from "./monitoring.ts";
import { NightlyBatch } from "./nightly-batch.ts";
import { OnDemand } from "./on-demand.ts";
import type { CleavePipelineProps } from "./props.ts";
import { serviceName } from "./service-name.ts";
import { SplitOnUpload } from "./split-on-upload.ts";

/** From `dist/cdk.mjs` it is `functions` beside it. */
declare const FUNCTIONS_FOLDER: string | undefined;
const usualFunctionsFolder = fileURLToPath(
  new URL(
    typeof FUNCTIONS_FOLDER === "undefined" ? "../dist/functions" : FUNCTIONS_FOLDER,
    import.meta.url,
  ),
);

/**
 * Keras models in a bucket, split when they are uploaded, when somebody asks for it, and at night
 * whatever is left; and recombined when somebody asks for it.
 */
export class CleavePipeline extends Construct {
  /** Models are uploaded to it. */
  readonly modelsBucket: IBucket;
  /** `split/…`, `recombined/…`, `reports/…`. */
  readonly artifactsBucket: IBucket;
  /** Aliases, to be invoked by others: `grantInvoke` of each. */
  readonly splitFunction: lambda.IAlias;
  readonly recombineFunction: lambda.IAlias;
  readonly inspectFunction: lambda.IAlias;
  readonly batch: IStateMachine;
  /** Null where nothing is scheduled. */
  readonly scheduleName: string | null;
  readonly uploadQueue: IQueue;
  readonly deadLetterQueue: IQueue;
  readonly alarmTopic: ITopic;

  constructor(scope: Construct, id: string, props: CleavePipelineProps = {}) {
    super(scope, id);
    checkProps(props);
    for (const [key, value] of Object.entries(props.tags ?? {})) Tags.of(this).add(key, value);
    if (props.permissionsBoundary) PermissionsBoundary.of(this).apply(props.permissionsBoundary);
    const { models, artifacts } = new Buckets(this, "Buckets", props);
    const topic = props.alarmTopic ?? newTopic(this);
    const { modelsKey = props.modelsBucket?.encryptionKey, artifactsKey } = props;
    const eventBus = props.eventBus ?? EventBus.fromEventBusName(this, "DefaultBus", "default");
    const { functionsFolder = usualFunctionsFolder } = props;
    const service = serviceName(this);
    const common = {
      resources: { models, artifacts, modelsKey, artifactsKey, eventBus, topic },
      pipeline: { ...props, functionsFolder, service },
    };
    const upload = new SplitOnUpload(this, "SplitOnUpload", common);
    const onDemand = new OnDemand(this, "OnDemand", common);
    const batch = new NightlyBatch(this, "NightlyBatch", common);
    new Monitoring(this, "Monitoring", { topic, upload, onDemand, batch, service });

    this.modelsBucket = models;
    this.artifactsBucket = artifacts;
    this.splitFunction = onDemand.splitFunction;
    this.recombineFunction = onDemand.recombineFunction;
    this.inspectFunction = onDemand.inspectFunction;
    this.batch = batch.stateMachine;
    this.scheduleName = batch.schedule?.scheduleName ?? null;
    this.uploadQueue = upload.queue;
    this.deadLetterQueue = upload.deadLetters;
    this.alarmTopic = topic;
  }
}

function newTopic(scope: Construct): Topic {
  const topic = new Topic(scope, "Alarms", { enforceSSL: true });
  // A policy of its own takes the place of the one by which alarms may publish.
  topic.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
      actions: ["sns:Publish"],
      resources: [topic.topicArn],
      conditions: { StringEquals: { "aws:SourceAccount": Stack.of(scope).account } },
    }),
  );
  return topic;
}
