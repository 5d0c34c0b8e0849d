import { readFileSync } from "node:fs";
import { parsePolicy } from "../shared/scan/policy.ts";
import type { CleavePipelineProps } from "./props.ts";

/** Lambda's variables of one function have 4 KB together ("Lambda quotas"). */
const mostBytes = 3000;

/**
 * The policy as a variable of the functions.
 *
 * @throws Error naming what is wrong with it, when the stack is made
 */
export function policyVariable(policy: CleavePipelineProps["policy"]): {
  CLEAVE_POLICY?: string;
} {
  if (policy === undefined) return {};
  const isPath = typeof policy === "string";
  const name = isPath ? policy : "policy";
  const parsed = parsePolicy(isPath ? readFileSync(policy, "utf8") : JSON.stringify(policy), name);
  const text = JSON.stringify(parsed);
  const size = Buffer.byteLength(text);
  if (size > mostBytes) {
    throw new Error(
      `${name} has ${size} bytes, ${mostBytes} fit. Allow modules and packages by globs in place of many digests.`,
    );
  }
  return { CLEAVE_POLICY: text };
}
