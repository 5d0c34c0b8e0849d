import { Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";

/**
 * What metrics, logs and traces of a pipeline have as their service, so that those of another in the same
 * account are not counted with them: the stack, and where in it the pipeline is.
 */
export function serviceName(pipeline: Construct): string {
  const stack = Stack.of(pipeline);
  const path = pipeline.node.path.slice(stack.node.path.length).replace(/^\//, "");
  return `${stack.stackName}/${path}`;
}
