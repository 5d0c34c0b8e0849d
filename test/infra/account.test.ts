import { Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { CleavePipeline } from "../../infra/cleave-pipeline.ts";
import { functionsFolder, newApp, synthesize } from "./synth.ts";

test("a tag is missing on what takes tags", () => {
  const template = synthesize({ tags: { team: "models" } });
  const untagged = Object.values(resourcesOf(template))
    .filter(({ Properties }) => !JSON.stringify(Properties?.["Tags"] ?? []).includes("models"))
    .map(({ Type }) => Type);
  // To none of these does CloudFormation give tags.
  expect([...new Set(untagged)].toSorted()).toEqual([
    "AWS::IAM::Policy",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Version",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
  ]);
});

test("limits are not those that were asked for", () => {
  const template = synthesize({ limits: { layers: 50_000, configBytes: 134_217_728 } });
  for (const { Properties } of Object.values(template.findResources("AWS::Lambda::Function"))) {
    expect(Properties).toMatchObject({
      Environment: { Variables: { CLEAVE_LIMITS: "layers=50000,configBytes=134217728" } },
    });
  }
});

describe("two pipelines in an account", () => {
  test("want the same name, or one that what was kept of a stack has", () => {
    const template = synthesize();
    // These are of a role, of a function, and of what is measured.
    const within = ["AWS::IAM::Policy", "AWS::Lambda::Alias", "AWS::CloudWatch::Alarm"];
    const named = Object.values(resourcesOf(template)).flatMap(({ Type, Properties = {} }) =>
      Object.entries(Properties)
        .filter(([name, value]) => name.endsWith("Name") && typeof value === "string")
        .flatMap(([name]) => (within.includes(Type) ? [] : [`${Type} ${name}`])),
    );
    expect(named).toEqual([]);
    template.hasResourceProperties("AWS::Logs::LogGroup", {
      LogGroupName: { "Fn::Join": ["", Match.arrayWith([namedByStackId])] },
    });
  });

  test("are counted together", () => {
    const app = newApp();
    const twice = new Stack(app, "Twice");
    for (const id of ["One", "Two"]) new CleavePipeline(twice, id, { functionsFolder });
    const other = new Stack(app, "Other");
    new CleavePipeline(other, "One", { functionsFolder });

    const measured = [twice, other].map((stack) => {
      const template = Template.fromStack(stack);
      const functions = Object.values(template.findResources("AWS::Lambda::Function"));
      const alarms = Object.values(template.findResources("AWS::CloudWatch::Alarm"));
      const says = functions.map(({ Properties }) => (Properties as Told).Environment.Variables);
      const dimensions = alarms
        .map(({ Properties }) => Properties as Watched)
        .filter(({ Namespace }) => Namespace === "Cleave")
        .flatMap(({ Dimensions }) => Dimensions.map(({ Value }) => Value));
      const services = [...new Set(says.map((variables) => variables["POWERTOOLS_SERVICE_NAME"]))];
      expect([...new Set(dimensions)]).toEqual(services);
      return services;
    });
    expect(measured).toEqual([["Twice/One", "Twice/Two"], ["Other/One"]]);
  });
});

const namedByStackId = { "Fn::Select": [2, { "Fn::Split": ["/", { Ref: "AWS::StackId" }] }] };

interface Told {
  readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> };
}
interface Watched {
  readonly Namespace: string;
  readonly Dimensions: readonly { readonly Value: unknown }[];
}
interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

function resourcesOf(template: Template): Readonly<Record<string, Resource>> {
  return (template.toJSON() as { Resources: Record<string, Resource> }).Resources;
}
