import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import { readOptions } from "./options.ts";
import { CleaveStack } from "./stack.ts";

/** What `cdk` runs, as cdk.json says. Findings of cdk-nag end it. */
const app = new App();
const options = readOptions(app.node);
new CleaveStack(app, options.stackName, options);
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
