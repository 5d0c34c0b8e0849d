import { Stack } from "aws-cdk-lib";
import { Match, type Template } from "aws-cdk-lib/assertions";
import { SubnetType, Vpc } from "aws-cdk-lib/aws-ec2";
import { ManagedPolicy } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Topic } from "aws-cdk-lib/aws-sns";
import { beforeAll, describe, expect, test } from "vitest";
import { functionsFolder, newApp, synthesize } from "./synth.ts";
import { CleavePipeline } from "../../infra/cleave-pipeline.ts";

let template: Template;
beforeAll(() => {
  template = synthesize();
});

/** The definition of the state machine, references left out. */
function definition(of: Template): {
  States: Record<
    string,
    { ItemReader?: object; MaxConcurrency?: number; ToleratedFailurePercentage?: number }
  >;
} {
  const [machine] = Object.values(of.findResources("AWS::StepFunctions::StateMachine"));
  const { DefinitionString } = machine!["Properties"] as { DefinitionString: unknown };
  const parts = (DefinitionString as { "Fn::Join": [string, unknown[]] })["Fn::Join"][1];
  return JSON.parse(parts.map((part) => (typeof part === "string" ? part : "X")).join("")) as never;
}

describe("a deployment as it is", () => {
  test.each(["Models", "Artifacts"])(
    "has a bucket of %s open, unversioned or unencrypted",
    (name) => {
      const [, bucket] = Object.entries(template.findResources("AWS::S3::Bucket")).find(([id]) =>
        id.startsWith(`PipelineBuckets${name}`),
      )!;
      expect(bucket["DeletionPolicy"]).toBe("Retain");
      expect(bucket["Properties"]).toMatchObject({
        VersioningConfiguration: { Status: "Enabled" },
        PublicAccessBlockConfiguration: { BlockPublicPolicy: true, RestrictPublicBuckets: true },
        LifecycleConfiguration: {
          Rules: [
            {
              AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
              NoncurrentVersionExpiration: { NoncurrentDays: 30 },
            },
          ],
        },
        LoggingConfiguration: { DestinationBucketName: expect.anything() as unknown },
      });
    },
  );

  test("needs a function of its own to hear of uploads", () => {
    template.hasResourceProperties("AWS::S3::Bucket", {
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
    });
    template.resourceCountIs("AWS::Lambda::Function", 6);
  });

  test("does not hear of an upload, or loses it", () => {
    template.hasResourceProperties("AWS::Events::Rule", {
      EventPattern: {
        source: ["aws.s3"],
        "detail-type": ["Object Created"],
        detail: {
          object: { key: [{ wildcard: "*.keras" }, { wildcard: "*.h5" }, { wildcard: "*.hdf5" }] },
        },
      },
      Targets: [Match.objectLike({ DeadLetterConfig: Match.anyValue() })],
    });
    template.hasResourceProperties("AWS::SQS::Queue", {
      VisibilityTimeout: 5400,
      RedrivePolicy: { maxReceiveCount: 3 },
    });
    template.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
      BatchSize: 1,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      ScalingConfig: { MaximumConcurrency: 10 },
    });
  });

  test("has a function on another processor, runtime, or without traces", () => {
    for (const { Properties } of Object.values(template.findResources("AWS::Lambda::Function"))) {
      expect(Properties).toMatchObject({
        Architectures: ["arm64"],
        Runtime: "nodejs24.x",
        Handler: "index.handler",
        TracingConfig: { Mode: "Active" },
        LoggingConfig: { LogFormat: "JSON" },
        EphemeralStorage: { Size: 2048 },
      });
      expect(Properties).not.toHaveProperty("VpcConfig");
    }
  });

  test("invokes something else than an alias, or forgets failed calls", () => {
    template.resourceCountIs("AWS::Lambda::Alias", 3);
    template.hasResourceProperties("AWS::Lambda::EventInvokeConfig", {
      MaximumRetryAttempts: 2,
      DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
    });
  });

  test("starts its batch at another time, or with another input", () => {
    template.hasResourceProperties("AWS::Scheduler::Schedule", {
      ScheduleExpression: "cron(0 2 * * ? *)",
      ScheduleExpressionTimezone: "Etc/UTC",
      Target: { Input: '{"kind":"split"}', DeadLetterConfig: { Arn: Match.anyValue() } },
    });
    const { States } = definition(template);
    expect(States["Split"]).toMatchObject({
      MaxConcurrency: 16,
      ToleratedFailurePercentage: 100,
      ItemReader: { Resource: "arn:aws:states:::s3:listObjectsV2" },
    });
  });

  test("alarms nobody", () => {
    const alarms = Object.values(template.findResources("AWS::CloudWatch::Alarm"));
    expect(alarms.length).toBe(26);
    for (const { Properties } of alarms) {
      expect((Properties as { AlarmActions: unknown[] }).AlarmActions).toHaveLength(1);
    }
    template.hasResourceProperties("AWS::SNS::TopicPolicy", {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Principal: { Service: "cloudwatch.amazonaws.com" }, Effect: "Allow" }),
        ]),
      },
    });
  });

  test("gives another template when it is made again", () => {
    expect(synthesize().toJSON()).toEqual(template.toJSON());
  });
});

describe("a deployment as it is asked for", () => {
  test("makes what it was given, or leaves out what it was asked for", () => {
    const asked = synthesize((stack) => ({
      modelsBucket: Bucket.fromBucketName(stack, "Theirs", "their-models"),
      modelsKey: Key.fromKeyArn(stack, "Key", "arn:aws:kms:eu-west-1:123456789012:key/models"),
      artifactsKey: new Key(stack, "New"),
      permissionsBoundary: ManagedPolicy.fromManagedPolicyName(stack, "Boundary", "limits"),
      alarmTopic: Topic.fromTopicArn(stack, "Topic", "arn:aws:sns:eu-west-1:123456789012:ops"),
      vpc: new Vpc(stack, "Vpc", {
        maxAzs: 1,
        natGateways: 0,
        subnetConfiguration: [{ name: "i", subnetType: SubnetType.PRIVATE_ISOLATED }],
      }),
      keyPatterns: ["prod/*.keras"],
      memory: { split: 1024 },
      reservedConcurrency: { recombine: 3 },
      schedule: null,
      batchConcurrency: 4,
      toleratedFailures: 5,
      uploadConcurrency: 2,
    }));
    asked.resourceCountIs("AWS::S3::Bucket", 2);
    asked.resourceCountIs("AWS::SNS::Topic", 0);
    asked.resourceCountIs("AWS::Scheduler::Schedule", 0);
    asked.hasResourceProperties("AWS::Lambda::Function", {
      MemorySize: 1024,
      VpcConfig: Match.anyValue(),
    });
    asked.hasResourceProperties("AWS::Lambda::Function", { ReservedConcurrentExecutions: 3 });
    asked.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
      ScalingConfig: { MaximumConcurrency: 2 },
    });
    asked.hasResourceProperties("AWS::Events::Rule", {
      EventPattern: {
        detail: {
          bucket: { name: ["their-models"] },
          object: { key: [{ wildcard: "prod/*.keras" }] },
        },
      },
    });
    asked.hasResourceProperties("AWS::Lambda::Function", {
      Environment: {
        Variables: Match.objectLike({
          CLEAVE_KEY_PATTERNS: "prod/*.keras",
          CLEAVE_MODELS_BUCKET: "their-models",
        }),
      },
    });
    for (const [id, { Properties }] of Object.entries(asked.findResources("AWS::IAM::Role"))) {
      if (id.startsWith("Pipeline")) expect(Properties).toHaveProperty("PermissionsBoundary");
    }
    asked.hasResourceProperties("AWS::IAM::Policy", {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: "kms:Decrypt",
            Resource: "arn:aws:kms:eu-west-1:123456789012:key/models",
          }),
        ]),
      },
    });
    expect(definition(asked).States["Split"]).toMatchObject({
      MaxConcurrency: 4,
      ToleratedFailurePercentage: 5,
    });
  });

  test("lists the bucket where there is an inventory of it", () => {
    const asked = synthesize((stack) => ({
      inventory: {
        bucket: Bucket.fromBucketName(stack, "Lists", "lists"),
        manifestKey: "m/manifest.json",
      },
    }));
    expect(definition(asked).States["Split"]!.ItemReader).toEqual({
      Resource: "arn:aws:states:::s3:getObject",
      ReaderConfig: { InputType: "MANIFEST" },
      Parameters: { Bucket: "lists", Key: "m/manifest.json" },
    });
    expect(definition(asked).States["Report"]).toMatchObject({
      Parameters: { Payload: { listed: false } },
    });
  });

  test("fails in an app that has no feature flags", () => {
    const stack = new Stack(newApp(), "Plain");
    for (const flag of ["@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy"])
      stack.node.setContext(flag, false);
    expect(() => new CleavePipeline(stack, "Pipeline", { functionsFolder })).not.toThrow();
  });
});

test("more models are in work than functions are reserved", () => {
  const asked = synthesize({ reservedConcurrency: { "split-on-upload": 3, "batch-item": 4 } });
  asked.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
    ScalingConfig: { MaximumConcurrency: 3 },
  });
  expect(definition(asked).States["Split"]).toMatchObject({ MaxConcurrency: 4 });
});
