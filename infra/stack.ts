import { basename } from "node:path";
import {
  Annotations,
  CfnOutput,
  Duration,
  RemovalPolicy,
  Stack,
  type StackProps,
} from "aws-cdk-lib";
import { EventBus } from "aws-cdk-lib/aws-events";
import { ManagedPolicy } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Topic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import { CleavePipeline } from "./cleave-pipeline.ts";
import type { Options } from "./options.ts";
import type { CleavePipelineProps } from "./props.ts";

export type CleaveStackProps = StackProps & Pick<CleavePipelineProps, "functionsFolder">;

/** The pipeline as a stack of its own, with the outputs that `cleave invoke` and `where` ask for. */
export class CleaveStack extends Stack {
  constructor(scope: Construct, id: string, options: Options, props: CleaveStackProps = {}) {
    super(scope, id, {
      description: "Cleave: takes Keras models apart and together again",
      // Of the stack itself, which CloudFormation hands on to what it makes besides.
      ...(options.tags && { tags: options.tags }),
      ...props,
    });
    const pipeline = new CleavePipeline(this, "Pipeline", {
      ...this.#propsOf(options),
      ...(props.functionsFolder && { functionsFolder: props.functionsFolder }),
    });
    if (typeof options.policy === "string") {
      const info = `The policy of models is that of ${basename(options.policy)}.`;
      Annotations.of(this).addInfoV2("cleave:policy", info);
    }
    const outputs: Readonly<Record<string, string | null>> = {
      ModelsBucket: pipeline.modelsBucket.bucketName,
      ArtifactsBucket: pipeline.artifactsBucket.bucketName,
      SplitFunction: pipeline.splitFunction.functionArn,
      RecombineFunction: pipeline.recombineFunction.functionArn,
      InspectFunction: pipeline.inspectFunction.functionArn,
      UploadQueueUrl: pipeline.uploadQueue.queueUrl,
      DeadLetterQueueUrl: pipeline.deadLetterQueue.queueUrl,
      DeadLetterQueueArn: pipeline.deadLetterQueue.queueArn,
      BatchStateMachine: pipeline.batch.stateMachineArn,
      Schedule: pipeline.scheduleName,
      AlarmTopic: pipeline.alarmTopic.topicArn,
    };
    for (const [name, value] of Object.entries(outputs)) {
      if (value !== null) new CfnOutput(this, name, { value });
    }
  }

  /** Names and ARNs of what exists become what CDK takes for it. */
  #propsOf(options: Options): CleavePipelineProps {
    const { modelsBucketName, modelsKeyArn, artifactsKeyArn, alarmTopicArn, eventBusArn } = options;
    const { permissionsBoundaryArn, inventory, removalPolicy, oldVersionDays, openUploadDays } =
      options;
    const given = {
      modelsBucket: modelsBucketName && Bucket.fromBucketName(this, "Models", modelsBucketName),
      modelsKey: modelsKeyArn && Key.fromKeyArn(this, "ModelsKey", modelsKeyArn),
      artifactsKey: artifactsKeyArn && Key.fromKeyArn(this, "ArtifactsKey", artifactsKeyArn),
      alarmTopic: alarmTopicArn && Topic.fromTopicArn(this, "AlarmTopicGiven", alarmTopicArn),
      eventBus: eventBusArn && EventBus.fromEventBusArn(this, "EventBus", eventBusArn),
      permissionsBoundary:
        permissionsBoundaryArn &&
        ManagedPolicy.fromManagedPolicyArn(this, "Boundary", permissionsBoundaryArn),
      inventory: inventory && {
        bucket: Bucket.fromBucketName(this, "Inventory", inventory.bucketName),
        manifestKey: inventory.manifestKey,
      },
      removalPolicy:
        removalPolicy &&
        { retain: RemovalPolicy.RETAIN, destroy: RemovalPolicy.DESTROY }[removalPolicy],
      oldVersions: oldVersionDays && Duration.days(oldVersionDays),
      openUploads: openUploadDays && Duration.days(openUploadDays),
      keyPatterns: options.keyPatterns,
      policy: options.policy,
      limits: options.limits,
      tags: options.tags,
      memory: options.memory,
      reservedConcurrency: options.reservedConcurrency,
      temporaryStorage: options.temporaryStorage,
      uploadConcurrency: options.uploadConcurrency,
      batchConcurrency: options.batchConcurrency,
      toleratedFailures: options.toleratedFailures,
      schedule: options.schedule,
      timeZone: options.timeZone,
      logRetention: options.logRetentionDays,
    };
    const isGiven = ([, value]: [string, unknown]): boolean => value !== undefined;
    return Object.fromEntries(Object.entries(given).filter(isGiven)) as CleavePipelineProps;
  }
}
