import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Node } from "constructs";
import type * as z from "zod";
import { CleaveError } from "../shared/errors.ts";
import { check, mustBe, onlyThese, text, wholeNumber } from "./must-be.ts";
import { conflicts, logRetention, settings } from "./settings.ts";

const days = wholeNumber(1, 3650, " of days");
const bucketName = text(
  "the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens",
  /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
);
const arn = (service: string, resource: string) =>
  text(
    `an ARN such as arn:aws:${service}:${resource}`,
    (value) =>
      value.split(":").length >= 6 && new RegExp(`^arn:aws[a-z-]*:${service}:`).test(value),
  );
const keyArn = arn("kms", "eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab");

/** What `cdk.json`, or `--context cleave='{…}'`, says of the deployment. */
const optionsSchema = onlyThese({
  stackName: text(
    "the name of a stack: a letter, then at most 127 letters, digits and hyphens",
    /^[A-Za-z][A-Za-z0-9-]{0,127}$/,
  ).default("Cleave"),
  modelsBucketName: bucketName.optional(),
  modelsKeyArn: keyArn.optional(),
  artifactsKeyArn: keyArn.optional(),
  ...settings,
  inventory: onlyThese({
    bucketName,
    manifestKey: text("the key of a manifest.json", /^.{0,1011}manifest\.json$/),
  }).optional(),
  alarmTopicArn: arn("sns", "eu-west-1:123456789012:alarms").optional(),
  eventBusArn: arn("events", "eu-west-1:123456789012:event-bus/models").optional(),
  oldVersionDays: days.optional(),
  openUploadDays: days.optional(),
  logRetentionDays: logRetention.optional(),
  removalPolicy: mustBe<"retain" | "destroy">('"retain" or "destroy"', (value) =>
    ["retain", "destroy"].includes(value as string),
  ).optional(),
  permissionsBoundaryArn: arn("iam", ":123456789012:policy/boundary").optional(),
});

export const optionNames = Object.keys(optionsSchema.shape);

export type Options = z.output<typeof optionsSchema>;

/**
 * @param folder of `cdk.json`, from which the path of a policy goes out, and whose `policy.json` is taken
 *   where the options name none
 * @throws CleaveError `USAGE` naming each option that is wrong, its value and what is allowed
 */
export function readOptions(node: Node, folder = process.cwd()): Options {
  const context = node.getAllContext() as Readonly<Record<string, unknown>>;
  const misplaced = Object.keys(context).filter(
    (name) => name in optionsSchema.shape || (/^cleave$/i.test(name) && name !== "cleave"),
  );
  if (misplaced.length > 0) {
    throw new CleaveError(
      "USAGE",
      `The context has ${misplaced.join(", ")}, without effect: options are members of "cleave", such as --context cleave='{"timeZone": "Etc/UTC"}'.`,
    );
  }
  const given: unknown = context["cleave"] ?? {};
  const options = typeof given === "string" ? parse(given) : given;
  const checked = check(optionsSchema, options, 'The context "cleave"', conflicts);
  return withPolicy(checked, folder);
}

function withPolicy(options: Options, folder: string): Options {
  const { policy } = options;
  if (typeof policy === "string") return { ...options, policy: resolve(folder, policy) };
  const beside = join(folder, "policy.json");
  return policy === undefined && existsSync(beside) ? { ...options, policy: beside } : options;
}

/** As it is on the command line. */
function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new CleaveError(
      "USAGE",
      `The context "cleave" is ${json}, which is no JSON: ${(cause as Error).message}.`,
      { cause },
    );
  }
}
