import { readFileSync } from "node:fs";
import { CleaveError } from "../shared/errors.ts";
import { parseLimits } from "../shared/limits.ts";
import { usualPatterns } from "../shared/pipeline/key-patterns.ts";
import { parsePolicy } from "../shared/scan/policy.ts";
import type { CleavePipelineProps } from "./props.ts";

/** Lambda's variables of one function have 4 KB together ("Lambda quotas"); the rest is for names and ARNs. */
const mostBytes = 3200;

/**
 * Key patterns, policy and limits as variables of the functions.
 *
 * @throws CleaveError `USAGE` naming what is wrong with them, when the stack is made
 */
export function settingVariables(
  props: Pick<CleavePipelineProps, "keyPatterns" | "policy" | "limits">,
): Record<string, string> {
  const { keyPatterns = usualPatterns, policy, limits } = props;
  const variables = {
    CLEAVE_KEY_PATTERNS: keyPatterns.join(","),
    ...(policy === undefined ? {} : { CLEAVE_POLICY: policyText(policy) }),
    ...(limits === undefined ? {} : { CLEAVE_LIMITS: limitsText(limits) }),
  };
  const sizes = Object.values(variables).map((value) => Buffer.byteLength(value));
  const size = sizes.reduce((sum, each) => sum + each, 0);
  if (size <= mostBytes) return variables;
  throw new CleaveError(
    "USAGE",
    `keyPatterns, policy and limits have ${sizes.join(" + ")} bytes, ${mostBytes} fit the variables of a function. Allow modules and packages by globs in place of many digests.`,
  );
}

function policyText(policy: NonNullable<CleavePipelineProps["policy"]>): string {
  const isPath = typeof policy === "string";
  const text = isPath ? readPolicy(policy) : JSON.stringify(policy);
  return JSON.stringify(parsePolicy(text, isPath ? policy : "policy"));
}

function readPolicy(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new CleaveError("USAGE", `policy is ${path}, which cannot be read: ${reason}.`, {
      cause,
    });
  }
}

/** As `shared/limits.ts` reads it: by the same parser, so that no function finds out that it cannot. */
function limitsText(limits: NonNullable<CleavePipelineProps["limits"]>): string {
  const pairs = Object.entries(limits).map(([name, value]) => `${name}=${value}`);
  for (const pair of pairs) {
    try {
      parseLimits(pair);
    } catch (cause) {
      throw new CleaveError("USAGE", `limits: ${(cause as Error).message}`, { cause });
    }
  }
  return pairs.join(",");
}
