import { CleaveError } from "../shared/errors.ts";

/** What a deployed stack says of itself: its outputs, by name. */
export type Deployment = Readonly<Record<string, string>>;

/**
 * Asks CloudFormation for the outputs of a stack.
 *
 * @throws CleaveError `NOT_FOUND` where there is no such stack, `ACCESS_DENIED`, `STORE_UNAVAILABLE`
 */
export async function deploymentOf(stack: string): Promise<Deployment> {
  const { CloudFormationClient, DescribeStacksCommand } =
    await import("@aws-sdk/client-cloudformation");
  const client = new CloudFormationClient();
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stack }));
    const outputs = Stacks[0]?.Outputs ?? [];
    return Object.fromEntries(
      outputs.map(({ OutputKey, OutputValue }) => [OutputKey!, OutputValue!]),
    );
  } catch (error) {
    throw explainAws(error, `the stack "${stack}"`);
  } finally {
    client.destroy();
  }
}

/** @throws CleaveError `NOT_FOUND` naming the output that the stack lacks */
export function output(deployment: Deployment, stack: string, name: string): string {
  const value = deployment[name];
  if (value !== undefined) return value;
  throw new CleaveError(
    "NOT_FOUND",
    `The stack "${stack}" has no output ${name}: it is no stack of Cleave. Give --stack the name that cdk deploy has shown.`,
  );
}

/** An error of the SDK as one of ours. */
export function explainAws(error: unknown, what: string): CleaveError {
  const { name = "Error", message = "" } = error as { name?: string; message?: string };
  const text = `Cannot ask for ${what}: ${message}`;
  if (/does not exist|ResourceNotFound/.test(`${name} ${message}`)) {
    return new CleaveError("NOT_FOUND", `${text}. Check its name and AWS_REGION.`, {
      cause: error,
    });
  }
  if (/Credential|Token|Access|Denied|Unauthorized|InvalidClient|Signature/.test(name)) {
    const advice = "Set AWS_PROFILE, or ask for the right.";
    return new CleaveError("ACCESS_DENIED", `${text}. ${advice}`, { cause: error });
  }
  return new CleaveError("STORE_UNAVAILABLE", `${text} (${name}). Try again later.`, {
    cause: error,
  });
}
