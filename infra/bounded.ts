import { Token } from "aws-cdk-lib";
import type { FunctionName } from "../functions/names.ts";
import type { CleavePipelineProps } from "./props.ts";

/** What is usual, or what is reserved for a function where that is less: more would be throttled. */
export function atMost(
  usual: number,
  { reservedConcurrency = {} }: CleavePipelineProps,
  name: FunctionName,
): number {
  const reserved = reservedConcurrency[name];
  return reserved === undefined || Token.isUnresolved(reserved) ? usual : Math.min(usual, reserved);
}
