import type { Stack } from "aws-cdk-lib";
import type { Template } from "aws-cdk-lib/assertions";
import { Key } from "aws-cdk-lib/aws-kms";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Topic } from "aws-cdk-lib/aws-sns";
import { describe, expect, test } from "vitest";
import type { CleavePipelineProps } from "../../infra/props.ts";
import { synthesize } from "./synth.ts";

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
      modelsBucket: given(stack).modelsBucket!,
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
