import { Duration, RemovalPolicy, Validations } from "aws-cdk-lib";
import type { IKey } from "aws-cdk-lib/aws-kms";
import * as s3 from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import type { CleavePipelineProps } from "./props.ts";

/** The bucket of models, the bucket of artifacts, and that of their access logs. */
export class Buckets extends Construct {
  readonly models: s3.IBucket;
  readonly artifacts: s3.Bucket;

  constructor(scope: Construct, id: string, props: CleavePipelineProps) {
    super(scope, id);
    const { oldVersions = Duration.days(30), openUploads = Duration.days(1) } = props;
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    const common: s3.BucketProps = {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy,
    };
    // Who writes to it is S3, by a policy or, where an app has no such flag, by an ACL.
    const { objectOwnership: _, ...withAcl } = common;
    const logs = new s3.Bucket(this, "AccessLogs", {
      ...withAcl,
      encryption: s3.BucketEncryption.S3_MANAGED,
      lifecycleRules: [{ expiration: Duration.days(90) }],
    });
    Validations.of(logs).acknowledge({
      id: "AwsSolutions-S1",
      reason: "It holds the access logs of the others; logs of its own would never end.",
    });
    const kept = (prefix: string, key: IKey | undefined): s3.BucketProps => ({
      ...common,
      ...encryptedBy(key),
      versioned: true,
      serverAccessLogsBucket: logs,
      serverAccessLogsPrefix: prefix,
      lifecycleRules: [
        {
          abortIncompleteMultipartUploadAfter: openUploads,
          noncurrentVersionExpiration: oldVersions,
        },
      ],
    });
    this.models = props.modelsBucket ?? this.#newModels(kept("models/", props.modelsKey));
    this.artifacts = new s3.Bucket(this, "Artifacts", kept("artifacts/", props.artifactsKey));
  }

  #newModels(props: s3.BucketProps): s3.Bucket {
    const models = new s3.Bucket(this, "Models", props);
    // `eventBridgeEnabled` would do it by a function of its own; the property needs none.
    (models.node.defaultChild as s3.CfnBucket).notificationConfiguration = {
      eventBridgeConfiguration: { eventBridgeEnabled: true },
    };
    return models;
  }
}

function encryptedBy(key: IKey | undefined): s3.BucketProps {
  if (key === undefined) return { encryption: s3.BucketEncryption.S3_MANAGED };
  return { encryption: s3.BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true };
}
