import type { Duration, RemovalPolicy } from "aws-cdk-lib";
import type { IVpc } from "aws-cdk-lib/aws-ec2";
import type { IEventBus } from "aws-cdk-lib/aws-events";
import type { IManagedPolicy } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { LimitName } from "../shared/limits.ts";
import type { PolicyInput } from "../shared/scan/policy.ts";
import type { FunctionName } from "../functions/names.ts";

/** How models are found, kept and worked on. Everything has a default. */
export interface CleavePipelineProps {
  /**
   * The bucket that models are uploaded to. Its EventBridge notifications must be on, which nobody
   * but its owner can see to.
   *
   * @default a new one
   */
  readonly modelsBucket?: IBucket;
  /**
   * The KMS key of the models: of a given bucket, or for a new one.
   *
   * @default that of the given bucket, where CDK knows of one; encryption with keys of S3
   */
  readonly modelsKey?: IKey;
  /**
   * The KMS key of the artifacts.
   *
   * @default encryption with keys of S3
   */
  readonly artifactsKey?: IKey;
  /**
   * Which keys are models: `*` stands for any characters. There is no comma in them.
   *
   * @default ["*.keras", "*.h5", "*.hdf5"]
   */
  readonly keyPatterns?: readonly string[];
  /**
   * MB of memory, 256 to 10,240. Any model is split and recombined with 256.
   *
   * @default 512; 256 for inspect
   */
  readonly memory?: Partial<Readonly<Record<FunctionName, number>>>;
  /**
   * How many may run at the same time, of those that are to be bounded for themselves. It is taken
   * from what the account has. Uploads and batches have no more in work than is reserved.
   *
   * @default none is bounded for itself
   */
  readonly reservedConcurrency?: Partial<Readonly<Record<FunctionName, number>>>;
  /**
   * MB of `/tmp`, 512 to 10,240. Models that are compressed are unpacked there, one at a time.
   *
   * @default 2048
   */
  readonly temporaryStorage?: number;
  /**
   * How many uploads are split at the same time, 2 to 1,000.
   *
   * @default 10
   */
  readonly uploadConcurrency?: number;
  /**
   * How many models a batch works on at the same time, 1 to 10,000.
   *
   * @default 16
   */
  readonly batchConcurrency?: number;
  /**
   * Percentage of items that may fail before a batch ends early. Failures are in the report.
   *
   * @default 100
   */
  readonly toleratedFailures?: number;
  /**
   * When the nightly batch starts, as EventBridge Scheduler has it: `cron(0 2 * * ? *)`,
   * `rate(12 hours)`, `at(2030-01-31T02:00:00)`; null for never.
   *
   * @default "cron(0 2 * * ? *)"
   */
  readonly schedule?: string | null;
  /**
   * In which the schedule is read: a name of the IANA list.
   *
   * @default "Etc/UTC"
   */
  readonly timeZone?: string;
  /**
   * A list of models made by S3 Inventory, in place of listing the bucket each night: for very
   * large buckets. It has not what was uploaded since, so a report cannot tell which items of it were lost.
   *
   * @default the bucket is listed
   */
  readonly inventory?: InventoryProps;
  /**
   * Whom alarms and failed batches are told to.
   *
   * @default a new topic
   */
  readonly alarmTopic?: ITopic;
  /**
   * Where `cleave.ModelSplit`, `cleave.ModelRecombined`, `cleave.ModelFlagged` and
   * `cleave.ModelQuarantined` go.
   *
   * @default the default bus of the account
   */
  readonly eventBus?: IEventBus;
  /**
   * What becomes of models with findings (docs/security.md): as an object, or the path of a
   * `policy.json`.
   *
   * @default what runs code or reaches beyond the file is quarantined, what is odd is told
   */
  readonly policy?: string | PolicyInput;
  /**
   * Caps of what a model may have, other than usual, by the names that `--limit` has; a refusal says
   * which it is: `{ layers: 50_000 }`.
   *
   * @default those of `shared/limits.ts`, far above what models have
   */
  readonly limits?: Partial<Readonly<Record<LimitName, number>>>;
  /**
   * Of everything that takes tags.
   *
   * @default none
   */
  readonly tags?: Readonly<Record<string, string>>;
  /**
   * How long old versions are kept, of models and of artifacts.
   *
   * @default 30 days
   */
  readonly oldVersions?: Duration;
  /**
   * After which uploads that nobody has completed are removed.
   *
   * @default 1 day
   */
  readonly openUploads?: Duration;
  /**
   * How long logs are kept.
   *
   * @default three months
   */
  readonly logRetention?: RetentionDays;
  /**
   * What becomes of the buckets when the stack is deleted.
   *
   * @default they are retained
   */
  readonly removalPolicy?: RemovalPolicy;
  /**
   * Of every role.
   *
   * @default none
   */
  readonly permissionsBoundary?: IManagedPolicy;
  /**
   * The network of the functions; it must lead to S3, SQS, EventBridge and SNS.
   *
   * @default none, which is sooner and cheaper
   */
  readonly vpc?: IVpc;
  /**
   * The folder with the bundles of the functions.
   *
   * @default those of this package
   */
  readonly functionsFolder?: string;
}

export interface InventoryProps {
  /** The bucket that the inventory is delivered to. */
  readonly bucket: IBucket;
  /** Of its `manifest.json`. */
  readonly manifestKey: string;
}
