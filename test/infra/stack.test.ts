import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import { Validations } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { expect, test } from "vitest";
import { readOptions, type Options } from "../../infra/options.ts";
import { CleaveStack } from "../../infra/stack.ts";
import { functionsFolder, newApp } from "./synth.ts";

function optionsOf(cleave: unknown): Options {
  return readOptions(newApp({ cleave }).node);
}

test.each([
  [{ memry: { split: 512 } }, /memry/],
  [{ memory: { splitt: 512 } }, /splitt/],
  [{ memory: { split: 64 } }, /split.*256|256.*split/s],
  [{ schedule: "every night" }, /schedule/],
  [{ uploadConcurrency: 1 }, /uploadConcurrency/],
  ['{"stackName": 7}', /stackName/],
])("the option that is wrong in %j is not named", (cleave, message) => {
  expect(() => optionsOf(cleave)).toThrow(message);
});

test("the stack lacks an output that the command asks for", () => {
  const app = newApp();
  const options = optionsOf({
    tags: { team: "models" },
    oldVersionDays: 7,
    removalPolicy: "destroy",
  });
  const template = Template.fromStack(new CleaveStack(app, "Cleave", options, { functionsFolder }));
  expect(Object.keys(template.findOutputs("*"))).toEqual(
    expect.arrayContaining([
      "ModelsBucket",
      "ArtifactsBucket",
      "SplitFunction",
      "RecombineFunction",
      "InspectFunction",
      "DeadLetterQueueArn",
      "BatchStateMachine",
      "Schedule",
    ]),
  );
  template.hasResourceProperties("AWS::SQS::Queue", { Tags: [{ Key: "team", Value: "models" }] });
});

test("cdk-nag finds what nobody has acknowledged", () => {
  const app = newApp();
  new CleaveStack(app, "Cleave", optionsOf({}), { functionsFolder });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  expect(() => app.synth()).not.toThrow();
  expect(process.exitCode ?? 0).toBe(0);
});
