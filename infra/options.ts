import { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Node } from "constructs";
import * as z from "zod";
import { functionNames } from "../functions/names.ts";

const memory = z.int().min(256).max(10_240);
const days = z.int().min(1);
/** Those that CloudWatch Logs knows. */
const retentionDays = Object.values(RetentionDays).filter((value) => typeof value === "number");
const perFunction = <T extends z.ZodType>(value: T) =>
  z.strictObject(Object.fromEntries(functionNames.map((name) => [name, value.optional()])));

/** What `cdk.json`, or `--context cleave='{…}'`, says of the deployment. */
const optionsSchema = z.strictObject({
  stackName: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]*$/)
    .default("Cleave"),
  modelsBucketName: z.string().optional().describe("an existing bucket"),
  modelsKeyArn: z.string().startsWith("arn:").optional(),
  artifactsKeyArn: z.string().startsWith("arn:").optional(),
  keyPatterns: z.array(z.string().min(1)).min(1).optional(),
  memory: perFunction(memory).optional(),
  reservedConcurrency: perFunction(z.int().min(1)).optional(),
  temporaryStorage: z.int().min(512).max(10_240).optional(),
  uploadConcurrency: z.int().min(2).max(1000).optional(),
  batchConcurrency: z.int().min(1).max(10_000).optional(),
  toleratedFailures: z.int().min(0).max(100).optional(),
  schedule: z
    .string()
    .regex(/^(?:cron|rate|at)\(.+\)$/)
    .nullable()
    .optional(),
  timeZone: z.string().optional(),
  inventory: z.strictObject({ bucketName: z.string(), manifestKey: z.string() }).optional(),
  alarmTopicArn: z.string().startsWith("arn:").optional(),
  eventBusArn: z.string().startsWith("arn:").optional(),
  policy: z
    .union([z.string(), z.record(z.string(), z.unknown())])
    .optional()
    .describe("the path of a policy.json, or what it would hold"),
  oldVersionDays: days.optional(),
  openUploadDays: days.optional(),
  logRetentionDays: z.literal(retentionDays).optional(),
  removalPolicy: z.enum(["retain", "destroy"]).optional(),
  permissionsBoundaryArn: z.string().startsWith("arn:").optional(),
  tags: z.record(z.string(), z.string()).default({}),
});

export type Options = z.output<typeof optionsSchema>;

/** @throws Error naming the option that is wrong */
export function readOptions(node: Node): Options {
  const given: unknown = node.tryGetContext("cleave") ?? {};
  const context: unknown = typeof given === "string" ? JSON.parse(given) : given;
  const { success, data, error } = optionsSchema.safeParse(context);
  if (success) return data;
  throw new Error(`The context "cleave" is not as it must be.\n${z.prettifyError(error)}`);
}
