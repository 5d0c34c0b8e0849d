import type { IEventBus } from "aws-cdk-lib/aws-events";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { FunctionName } from "../functions/names.ts";

/** What the functions work on. */
export interface Resources {
  readonly models: IBucket;
  readonly artifacts: IBucket;
  readonly modelsKey: IKey | undefined;
  readonly artifactsKey: IKey | undefined;
  readonly eventBus: IEventBus;
  readonly topic: ITopic;
}

/** Exactly what each function may do; docs/security.md has the reasons, and is held to this. */
export function permissionsOf(name: FunctionName, resources: Resources): PolicyStatement[] {
  const { models, artifacts, eventBus, topic } = resources;
  const reads = (bucket: IBucket, prefix = ""): PolicyStatement =>
    statement(["s3:GetObject", "s3:GetObjectVersion"], objects(bucket, [prefix]));
  const lists = statement(["s3:ListBucket"], [models.bucketArn, artifacts.bucketArn]);
  const writes = (...prefixes: string[]): PolicyStatement =>
    statement(
      ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
      objects(artifacts, prefixes),
    );
  const puts = (prefix: string): PolicyStatement =>
    statement(["s3:PutObject"], objects(artifacts, [prefix]));
  const announces = statement(["events:PutEvents"], [eventBus.eventBusArn]);
  const tags = statement(
    [
      "s3:GetObjectTagging",
      "s3:GetObjectVersionTagging",
      "s3:PutObjectTagging",
      "s3:PutObjectVersionTagging",
    ],
    objects(models, [""]),
  );
  const splits = [
    reads(models),
    reads(artifacts, "split/"),
    lists,
    writes("split/"),
    tags,
    announces,
  ];
  const readsAll = [reads(models), reads(artifacts), lists];
  const all: Readonly<Record<FunctionName, readonly PolicyStatement[]>> = {
    "split-on-upload": splits,
    split: splits,
    recombine: [...readsAll, writes("recombined/"), announces],
    inspect: readsAll,
    "batch-item": [...readsAll, writes("split/", "recombined/"), puts("batch/"), tags, announces],
    "batch-report": [
      lists,
      statement(["s3:GetObject"], objects(artifacts, ["batch/", "jobs/"])),
      puts("reports/"),
      statement(["sns:Publish"], [topic.topicArn]),
    ],
  };
  return [...all[name], ...keyPermissions(name, resources)];
}

/** Of objects under a KMS key, reading decrypts, and writing makes a key for the data. */
function keyPermissions(
  name: FunctionName,
  { modelsKey, artifactsKey, topic }: Resources,
): PolicyStatement[] {
  const statements: PolicyStatement[] = [];
  if (modelsKey !== undefined && name !== "batch-report") {
    statements.push(statement(["kms:Decrypt"], [modelsKey.keyArn]));
  }
  if (artifactsKey !== undefined) {
    const actions = name === "inspect" ? ["kms:Decrypt"] : ["kms:Decrypt", "kms:GenerateDataKey"];
    statements.push(statement(actions, [artifactsKey.keyArn]));
  }
  if (topic.masterKey !== undefined && name === "batch-report") {
    statements.push(statement(["kms:Decrypt", "kms:GenerateDataKey"], [topic.masterKey.keyArn]));
  }
  return statements;
}

function objects(bucket: IBucket, prefixes: readonly string[]): string[] {
  return prefixes.map((prefix) => bucket.arnForObjects(`${prefix}*`));
}

function statement(actions: string[], resources: string[]): PolicyStatement {
  return new PolicyStatement({ actions, resources });
}
