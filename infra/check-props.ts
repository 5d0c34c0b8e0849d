import { RemovalPolicy, Token, type Duration } from "aws-cdk-lib";
import * as z from "zod";
import { check, mustBe, text } from "./must-be.ts";
import type { CleavePipelineProps } from "./props.ts";
import { conflicts, logRetention, settings } from "./settings.ts";

const resource = mustBe<object>(
  "a construct, or what CDK makes of a name or an ARN, such as Bucket.fromBucketName",
  (value) => typeof value === "object" && value !== null,
);
const days = mustBe<Duration>(
  "a Duration of whole days, at least one",
  (value) =>
    isDuration(value) &&
    (value.isUnresolved() || (value.toDays({ integral: false }) >= 1 && isWholeDays(value))),
);
const removals = [
  RemovalPolicy.RETAIN,
  RemovalPolicy.DESTROY,
  RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
];

/** Members that are not ours are let be: props of others extend these. */
const propsSchema = z.looseObject({
  ...settings,
  modelsBucket: resource.optional(),
  modelsKey: resource.optional(),
  artifactsKey: resource.optional(),
  inventory: z
    .looseObject({
      bucket: resource,
      manifestKey: text("the key of a manifest.json", (key) => key.endsWith("manifest.json")),
    })
    .optional(),
  alarmTopic: resource.optional(),
  eventBus: resource.optional(),
  oldVersions: days.optional(),
  openUploads: days.optional(),
  logRetention: logRetention.optional(),
  removalPolicy: mustBe<RemovalPolicy>(`one of ${removals.join(", ")}`, (value) =>
    removals.includes(value as RemovalPolicy),
  ).optional(),
  permissionsBoundary: resource.optional(),
  vpc: resource.optional(),
});

/**
 * Checks what can be known of the props before a deployment; of tokens that is nothing.
 *
 * @throws CleaveError `USAGE` naming each that is wrong, its value and what is allowed
 */
export function checkProps(props: CleavePipelineProps): void {
  check(propsSchema, withoutTokens({ ...props }), "The props of CleavePipeline", conflicts);
}

/** Also without those of the objects of plain values in it. */
function withoutTokens(values: object): object {
  const known = Object.entries(values).filter(([, value]) => !Token.isUnresolved(value));
  return Object.fromEntries(
    known.map(([name, value]) => [name, isPlain(value) ? withoutTokens(value) : value]),
  );
}

function isPlain(value: unknown): value is object {
  return (
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

/** Of whichever copy of CDK made it. */
function isDuration(value: unknown): value is Duration {
  return typeof (value as Partial<Duration> | null)?.toDays === "function";
}

function isWholeDays(duration: Duration): boolean {
  return Number.isInteger(duration.toDays({ integral: false }));
}
