import { Stack, Validations } from "aws-cdk-lib";
import type { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";

/**
 * Acknowledges, one by one, the resources of statements that end in `*`, which cdk-nag finds: so
 * that one that is added finds its way to somebody's eyes.
 */
export function acknowledgeResources(
  scope: Construct,
  statements: readonly PolicyStatement[],
  reason: string,
): void {
  const found = new Set(
    statements
      .flatMap(({ resources }) => resources)
      .map((resource) => nameOfFinding(Stack.of(scope).resolve(resource)))
      .filter((name) => name.includes("*")),
  );
  for (const name of found) {
    Validations.of(scope).acknowledge({ id: `AwsSolutions-IAM5[Resource::${name}]`, reason });
  }
}

type Resolved =
  | string
  | { readonly Ref: string }
  | { readonly "Fn::GetAtt": readonly [string, string] }
  | { readonly "Fn::Join": readonly [string, readonly Resolved[]] };

/** As cdk-nag writes references: `<Bucket.Arn>/prefix/*`. */
function nameOfFinding(resource: Resolved): string {
  if (typeof resource === "string") return resource;
  if ("Ref" in resource) return `<${resource.Ref}>`;
  if ("Fn::GetAtt" in resource) return `<${resource["Fn::GetAtt"].join(".")}>`;
  const [separator, parts] = resource["Fn::Join"];
  return parts.map(nameOfFinding).join(separator);
}
