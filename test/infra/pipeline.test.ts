import { Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { SubnetType, Vpc } from "aws-cdk-lib/aws-ec2";
import { ManagedPolicy } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Topic } from "aws-cdk-lib/aws-sns";
import { beforeAll, describe, expect, test } from "vitest";
import { functionsFolder, newApp, synthesize } from "./synth.ts";
import { CleavePipeline } from "../../infra/cleave-pipeline.ts";
import type { CleavePipelineProps } from "../../infra/props.ts";

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
  });

  test("fails in an app that has no feature flags", () => {
    const stack = new Stack(newApp(), "Plain");
    for (const flag of ["@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy"])
      stack.node.setContext(flag, false);
    expect(() => new CleavePipeline(stack, "Pipeline", { functionsFolder })).not.toThrow();
  });
});

describe("a bucket that is given with its key", () => {
  const key = "arn:aws:kms:eu-west-1:123456789012:key/theirs";
  const given = (stack: Stack): CleavePipelineProps => {
    const encryptionKey = Key.fromKeyArn(stack, "Key", key);
    const attributes = { bucketName: "their-models", encryptionKey };
    const lists = { bucketName: "lists", encryptionKey };
    return {
      modelsBucket: Bucket.fromBucketAttributes(stack, "Theirs", attributes),
      inventory: {
        bucket: Bucket.fromBucketAttributes(stack, "Lists", lists),
        manifestKey: "manifest.json",
      },
    };
  };

  test("is one whose models no function can read", () => {
    const roles = rolesThat("kms:Decrypt", key, synthesize(given));
    expect(roles.map((id) => id.replace(/Role.*/, "")).toSorted()).toEqual([
      "PipelineNightlyBatch",
      "PipelineNightlyBatchItem",
      "PipelineOnDemandInspect",
      "PipelineOnDemandRecombine",
      "PipelineOnDemandSplit",
      "PipelineSplitOnUploadFunction",
    ]);
  });

  test("is read by the key of the bucket, though another is said", () => {
    const other = "arn:aws:kms:eu-west-1:123456789012:key/other";
    const template = synthesize((stack) => ({
      ...given(stack),
      inventory: undefined as never,
      modelsKey: Key.fromKeyArn(stack, "Other", other),
    }));
    expect(rolesThat("kms:Decrypt", key, template)).toEqual([]);
    expect(rolesThat("kms:Decrypt", other, template)).toHaveLength(6);
  });
});

test("a topic that is given with its key is one that no report can be told to", () => {
  const key = "arn:aws:kms:eu-west-1:123456789012:key/theirs";
  const template = synthesize((stack) => ({
    alarmTopic: Topic.fromTopicAttributes(stack, "Topic", {
      topicArn: "arn:aws:sns:eu-west-1:123456789012:ops",
      keyArn: key,
    }),
  }));
  const [role, ...others] = rolesThat("kms:GenerateDataKey", key, template);
  expect(role).toMatch(/^PipelineNightlyBatchReportRole/);
  expect(others).toEqual([]);
});

/** Logical ids of roles that may do something with a key. */
function rolesThat(action: string, key: string, template: Template): string[] {
  type Statement = { Action: string | string[]; Resource: unknown };
  type Properties = { Roles: { Ref: string }[]; PolicyDocument: { Statement: Statement[] } };
  return Object.values(template.findResources("AWS::IAM::Policy")).flatMap((policy) => {
    const { Roles, PolicyDocument } = policy["Properties"] as Properties;
    const may = PolicyDocument.Statement.some(
      ({ Action, Resource }) => [Action].flat().includes(action) && [Resource].flat().includes(key),
    );
    return may ? [Roles[0]!.Ref] : [];
  });
}

test("a tag is missing on what takes tags", () => {
  const template = synthesize({ tags: { team: "models" } });
  const untagged = Object.values(resourcesOf(template))
    .filter(({ Properties }) => !JSON.stringify(Properties?.["Tags"] ?? []).includes("models"))
    .map(({ Type }) => Type);
  // To none of these does CloudFormation give tags.
  expect([...new Set(untagged)].toSorted()).toEqual([
    "AWS::IAM::Policy",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Version",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
  ]);
});

test("limits are not those that were asked for", () => {
  const template = synthesize({ limits: { layers: 50_000, configBytes: 134_217_728 } });
  for (const { Properties } of Object.values(template.findResources("AWS::Lambda::Function"))) {
    expect(Properties).toMatchObject({
      Environment: { Variables: { CLEAVE_LIMITS: "layers=50000,configBytes=134217728" } },
    });
  }
});

test("more models are in work than functions are reserved", () => {
  const template = synthesize({ reservedConcurrency: { "split-on-upload": 3, "batch-item": 4 } });
  template.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
    ScalingConfig: { MaximumConcurrency: 3 },
  });
  expect(definition(template).States["Split"]).toMatchObject({ MaxConcurrency: 4 });
});

describe("two pipelines in an account", () => {
  test("want the same name, or one that what was kept of a stack has", () => {
    const template = synthesize();
    // These are of a role, of a function, and of what is measured.
    const within = ["AWS::IAM::Policy", "AWS::Lambda::Alias", "AWS::CloudWatch::Alarm"];
    const named = Object.values(resourcesOf(template)).flatMap(({ Type, Properties = {} }) =>
      Object.entries(Properties)
        .filter(([name, value]) => /Name$/.test(name) && typeof value === "string")
        .flatMap(([name]) => (within.includes(Type) ? [] : [`${Type} ${name}`])),
    );
    expect(named).toEqual([]);
    template.hasResourceProperties("AWS::Logs::LogGroup", {
      LogGroupName: { "Fn::Join": ["", Match.arrayWith([namedByStackId])] },
    });
  });

  test("are counted together", () => {
    const app = newApp();
    const twice = new Stack(app, "Twice");
    for (const id of ["One", "Two"]) new CleavePipeline(twice, id, { functionsFolder });
    const other = new Stack(app, "Other");
    new CleavePipeline(other, "One", { functionsFolder });

    const measured = [twice, other].map((stack) => {
      const template = Template.fromStack(stack);
      const functions = Object.values(template.findResources("AWS::Lambda::Function"));
      const alarms = Object.values(template.findResources("AWS::CloudWatch::Alarm"));
      const says = functions.map(({ Properties }) => (Properties as Told).Environment.Variables);
      const dimensions = alarms
        .map(({ Properties }) => Properties as Watched)
        .filter(({ Namespace }) => Namespace === "Cleave")
        .flatMap(({ Dimensions }) => Dimensions.map(({ Value }) => Value));
      const services = [...new Set(says.map((variables) => variables["POWERTOOLS_SERVICE_NAME"]))];
      expect([...new Set(dimensions)]).toEqual(services);
      return services;
    });
    expect(measured).toEqual([["Twice/One", "Twice/Two"], ["Other/One"]]);
  });
});

const namedByStackId = { "Fn::Select": [2, { "Fn::Split": ["/", { Ref: "AWS::StackId" }] }] };

interface Told {
  readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> };
}
interface Watched {
  readonly Namespace: string;
  readonly Dimensions: readonly { readonly Value: unknown }[];
}
interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

function resourcesOf(template: Template): Readonly<Record<string, Resource>> {
  return (template.toJSON() as { Resources: Record<string, Resource> }).Resources;
}
