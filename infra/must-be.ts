import * as z from "zod";
import { CleaveError } from "../shared/errors.ts";

/** A value that is right where a test holds. @param what is allowed, for the message */
export function mustBe<T>(what: string, holds: (value: unknown) => boolean): z.ZodType<T> {
  return z.custom<T>(holds, what);
}

/** @param unit what is counted, for the message */
export function wholeNumber(from: number, to: number, unit = ""): z.ZodType<number> {
  return mustBe(
    `a whole number${unit} from ${from} to ${to}`,
    (value) => Number.isInteger(value) && (value as number) >= from && (value as number) <= to,
  );
}

/** @param what is allowed, for the message */
export function text(what: string, holds: RegExp | ((text: string) => boolean)): z.ZodType<string> {
  const test = holds instanceof RegExp ? (value: string) => holds.test(value) : holds;
  return mustBe(what, (value) => typeof value === "string" && test(value));
}

/** An object that has no other members than these. */
export function onlyThese<const T extends z.ZodRawShape>(shape: T): z.ZodObject<T, z.core.$strict> {
  const what = `an object with ${Object.keys(shape).join(", ")}, and nothing else`;
  return z.strictObject(shape, { error: () => what });
}

/**
 * @param of what is checked, for the message
 * @param conflicts says what is wrong with members that are right each by itself
 * @throws CleaveError `USAGE` with each member that is wrong, its value and what is allowed
 */
export function check<T extends z.ZodType>(
  schema: T,
  value: unknown,
  of: string,
  conflicts: (value: z.output<T>) => string[] = () => [],
): z.output<T> {
  const { data, error } = schema.safeParse(value);
  const lines =
    error === undefined ? conflicts(data) : error.issues.flatMap((issue) => explain(issue, value));
  if (lines.length === 0) return data as z.output<T>;
  throw new CleaveError("USAGE", `${of} is not as it must be.\n${lines.join("\n")}`);
}

function explain(issue: z.core.$ZodIssue, input: unknown): string[] {
  const path = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    const unknown = issue.keys.map((key) => [...path, key].join("."));
    const where = path.length === 0 ? "It" : path.join(".");
    return unknown.map((name) => `${name} does not exist. ${where} must be ${issue.message}.`);
  }
  const found = path.reduce<unknown>(
    (value, name) => (value as Record<string, unknown> | null | undefined)?.[name],
    input,
  );
  const name = path.length === 0 ? "It" : path.join(".");
  return [`${name} is ${JSON.stringify(found)}; it must be ${issue.message}.`];
}
