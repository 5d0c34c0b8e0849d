import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import { Validations } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readOptions, type Options } from "../../infra/options.ts";
import { CleaveStack } from "../../infra/stack.ts";
import { temporaryFolder } from "../support/temporary.ts";
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

describe("a policy.json", () => {
  const folder = temporaryFolder();
  const policyOf = (cleave: object): unknown => {
    const app = newApp({ cleave });
    const options = readOptions(app.node, folder);
    const template = Template.fromStack(new CleaveStack(app, "S", options, { functionsFolder }));
    const functions = Object.values(template.findResources("AWS::Lambda::Function"));
    const policies = functions.map(({ Properties }) => {
      const { Variables } = (Properties as { Environment: { Variables: Variables } }).Environment;
      return Variables.CLEAVE_POLICY;
    });
    expect(new Set(policies).size).toBe(1);
    return policies[0] === undefined ? undefined : JSON.parse(policies[0]);
  };

  test("beside cdk.json, or where an option says, has no effect", () => {
    expect(policyOf({})).toBeUndefined();
    writeFileSync(join(folder, "policy.json"), '{"severities": {"low": "notify"}}');
    writeFileSync(join(folder, "other.json"), '{"severities": {"low": "quarantine"}}');

    expect(policyOf({})).toMatchObject({ severities: { low: "notify" } });
    expect(policyOf({ policy: "other.json" })).toMatchObject({ severities: { low: "quarantine" } });
    expect(policyOf({ policy: {} })).toMatchObject({ severities: {} });
  });

  test("that is wrong is found by functions only", () => {
    writeFileSync(join(folder, "policy.json"), '{"severity": {}}');
    expect(() => policyOf({})).toThrow(/policy\.json" is no policy.*severity/s);
  });
});

interface Variables {
  readonly CLEAVE_POLICY?: string;
}

test("cdk-nag finds what nobody has acknowledged", () => {
  const app = newApp();
  new CleaveStack(app, "Cleave", optionsOf({}), { functionsFolder });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  expect(() => app.synth()).not.toThrow();
  expect(process.exitCode ?? 0).toBe(0);
});
