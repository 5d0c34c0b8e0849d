import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import { CleaveError } from "../shared/errors.ts";
import { readOptions } from "./options.ts";
import { CleaveStack } from "./stack.ts";

/** What `cdk` runs, as cdk.json says. Findings of cdk-nag end it. */
try {
  const app = new App();
  const options = readOptions(app.node);
  new CleaveStack(app, options.stackName, options);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
} catch (error) {
  if (!(error instanceof CleaveError)) throw error;
  // What is wrong is in an option; where in here it was found helps nobody. Nothing is synthesized.
  console.error(error.message);
  process.exit(1);
}
