import { Duration, Validations } from "aws-cdk-lib";
import * as sqs from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";

/** A queue for what could not be delivered or done; who watches it is told by an alarm. */
export function deadLetterQueue(scope: Construct, id: string): sqs.Queue {
  const queue = new sqs.Queue(scope, id, {
    encryption: sqs.QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  Validations.of(queue).acknowledge(
    { id: "AwsSolutions-SQS3", reason: "It is a dead-letter queue itself." },
    { id: "Serverless-SQSRedrivePolicy", reason: "It is a dead-letter queue itself." },
  );
  return queue;
}
