import { Aws, Fn, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";

/**
 * A name that a stack of the same name does not have once more, though it be made again after what it
 * had was kept: with an id of the stack that CloudFormation gives each anew.
 */
export function uniqueName(scope: Construct): string {
  const id = Fn.select(2, Fn.split("/", Aws.STACK_ID));
  return `${Stack.of(scope).stackName}-${scope.node.addr.slice(-8)}-${id}`;
}
