import { RetentionDays } from "aws-cdk-lib/aws-logs";
import * as z from "zod";
import { functionNames } from "../functions/names.ts";
import { mustBe, onlyThese, text, wholeNumber } from "./must-be.ts";
import { isScheduleExpression } from "./schedule-expression.ts";
import { isTimeZone } from "./time-zone.ts";

/** Any model is worked on with the least; Lambda has no more than the most. */
const memory = wholeNumber(256, 10_240, " of MB");
const reserved = (least: number) => wholeNumber(least, 100_000);
/** S3 takes keys of 1,024 bytes, and EventBridge has no two `*` together and `\` for itself. */
const pattern = text(
  "1 to 1024 characters, `*` standing for any, without a comma, a backslash or two `*` together",
  /^(?!.*\*\*)[^,\\]{1,1024}$/s,
);
const retentions = Object.values(RetentionDays).filter((value) => typeof value === "number");

/** Days that CloudWatch Logs can keep logs for. */
export const logRetention = mustBe<RetentionDays>(
  `one of ${retentions.join(", ")} days (9999 is for ever)`,
  (value) => retentions.includes(value as RetentionDays),
);

/** What the construct and the stack have under the same name, and what is allowed of each. */
export const settings = {
  keyPatterns: z
    .array(pattern, "a list of patterns")
    .min(1, "a list of at least one pattern")
    // EventBridge takes rules of 2,048 characters, and writes more around each.
    .refine(
      (patterns) => JSON.stringify(patterns).length + 14 * patterns.length <= 1700,
      "a list of some 1500 characters at most, which a rule of EventBridge has room for",
    )
    .optional(),
  memory: onlyThese(
    Object.fromEntries(functionNames.map((name) => [name, memory.optional()])),
  ).optional(),
  reservedConcurrency: onlyThese(
    Object.fromEntries(
      functionNames.map((name) => [
        name,
        // Lambda's poller of a queue takes two messages at a time, or more.
        reserved(name === "split-on-upload" ? 2 : 1).optional(),
      ]),
    ),
  ).optional(),
  temporaryStorage: wholeNumber(512, 10_240, " of MB").optional(),
  uploadConcurrency: wholeNumber(2, 1000).optional(),
  batchConcurrency: wholeNumber(1, 10_000).optional(),
  toleratedFailures: mustBe<number>(
    "a percentage from 0 to 100",
    (value) => typeof value === "number" && value >= 0 && value <= 100,
  ).optional(),
  schedule: text(
    "cron(minutes hours day-of-month month day-of-week year) with ? for one of the days, such as cron(0 2 * * ? *), rate(12 hours), at(2030-01-31T02:00:00), or null for never",
    isScheduleExpression,
  )
    .nullable()
    .optional(),
  timeZone: text(
    "a name of the IANA list, such as Europe/Berlin or Etc/UTC",
    isTimeZone,
  ).optional(),
  policy: mustBe<string | Record<string, unknown>>(
    "the path of a policy.json, or what it would hold",
    (value) => (typeof value === "string" ? value !== "" : isObject(value)),
  ).optional(),
  limits: mustBe<Record<string, number>>(
    'an object of caps and numbers, such as {"layers": 50000}',
    isObject,
  ).optional(),
  tags: mustBe<Record<string, string>>(
    "an object of at most 40 tags: names of 1 to 128 letters, digits, spaces and _.:/=+-@ that do not start with aws:, values of at most 256 of these",
    isTags,
  ).optional(),
};

/** What is allowed by itself, and not with another setting. */
export function conflicts(given: Bounds): string[] {
  const pairs = [
    ["uploadConcurrency", "split-on-upload"],
    ["batchConcurrency", "batch-item"],
  ] as const;
  return pairs.flatMap(([name, one]) => {
    const asked = given[name];
    const most = given.reservedConcurrency?.[one];
    if (asked === undefined || most === undefined || asked <= most) return [];
    return [
      `${name} is ${asked}; it must be at most reservedConcurrency.${one}, which is ${most}: more would be throttled, and fail.`,
    ];
  });
}

interface Bounds {
  readonly reservedConcurrency?: Readonly<Record<string, number | undefined>> | undefined;
  readonly uploadConcurrency?: number | undefined;
  readonly batchConcurrency?: number | undefined;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTags(value: unknown): boolean {
  if (!isObject(value)) return false;
  const entries = Object.entries(value as Readonly<Record<string, unknown>>);
  return entries.length <= 40 && entries.every(([key, tag]) => isTag(key, tag));
}

function isTag(key: string, value: unknown): boolean {
  const characters = /^[\p{L}\p{N} _.:/=+@-]*$/u;
  const isText = typeof value === "string" && value.length <= 256 && characters.test(value);
  return isText && /^(?!aws:).{1,128}$/i.test(key) && characters.test(key);
}
