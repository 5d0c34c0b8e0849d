import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CfnParameter, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { describe, expect, test } from "vitest";
import { CleavePipeline } from "../../infra/cleave-pipeline.ts";
import { optionNames, readOptions } from "../../infra/options.ts";
import type { CleavePipelineProps } from "../../infra/props.ts";
import { CleaveStack } from "../../infra/stack.ts";
import { functionsFolder, newApp } from "./synth.ts";

/** What is wrong of both, the option and what is allowed in the message. */
const wrong: readonly (readonly [given: object, message: RegExp])[] = [
  [{ memory: { split: 64 } }, /memory\.split is 64; .*256 to 10240/],
  [{ memory: { inspect: 20_000 } }, /memory\.inspect is 20000; .*256 to 10240/],
  [{ memory: { split: 512.5 } }, /memory\.split is 512\.5/],
  [{ memory: { splitt: 512 } }, /memory\.splitt does not exist.*split-on-upload, split, recomb/],
  [{ memory: 512 }, /memory is 512; it must be an object with split-on-upload/],
  [{ reservedConcurrency: { split: 0 } }, /reservedConcurrency\.split is 0; .*from 1/],
  [{ reservedConcurrency: { "split-on-upload": 1 } }, /split-on-upload is 1; .*from 2/],
  [
    { reservedConcurrency: { "split-on-upload": 5 }, uploadConcurrency: 10 },
    /uploadConcurrency is 10; .*at most reservedConcurrency\.split-on-upload, which is 5/,
  ],
  [
    { reservedConcurrency: { "batch-item": 5 }, batchConcurrency: 10 },
    /batchConcurrency is 10; .*at most reservedConcurrency\.batch-item, which is 5/,
  ],
  [{ temporaryStorage: 100 }, /temporaryStorage is 100; .*512 to 10240/],
  [{ uploadConcurrency: 1 }, /uploadConcurrency is 1; .*2 to 1000/],
  [{ uploadConcurrency: 1001 }, /uploadConcurrency is 1001; .*2 to 1000/],
  [{ batchConcurrency: 0 }, /batchConcurrency is 0; .*1 to 10000/],
  [{ toleratedFailures: 101 }, /toleratedFailures is 101; .*0 to 100/],
  [{ schedule: "every night" }, /schedule is "every night"; .*cron\(minutes hours/],
  [{ schedule: "cron(0 2 * * *)" }, /schedule is "cron\(0 2 \* \* \*\)"; .*\? for one of the days/],
  [{ schedule: "cron(0 2 * * * *)" }, /schedule is/],
  [{ schedule: "cron(0 24 * * ? *)" }, /schedule is/],
  [{ schedule: "rate(0 hours)" }, /schedule is/],
  [{ schedule: "rate(2 weeks)" }, /schedule is/],
  [{ timeZone: "Berlin" }, /timeZone is "Berlin"; .*IANA.*Europe\/Berlin/],
  [{ timeZone: "europe/berlin" }, /timeZone is "europe\/berlin"/],
  [{ timeZone: "+01:00" }, /timeZone is/],
  [{ keyPatterns: [] }, /keyPatterns is \[\]; .*at least one/],
  [{ keyPatterns: "*.h5" }, /keyPatterns is "\*\.h5"; .*list/],
  [{ keyPatterns: ["*.h5,*.keras"] }, /keyPatterns\.0 is "\*\.h5,\*\.keras"; .*comma/],
  [{ keyPatterns: ["*.h5", ""] }, /keyPatterns\.1 is ""; .*1 to 1024/],
  [{ keyPatterns: ["models/**.h5"] }, /keyPatterns\.0 is .*two `\*` together/],
  [{ keyPatterns: ["a".repeat(1000), "b".repeat(1000)] }, /keyPatterns is .*some 1500 char/],
  [{ tags: { "aws:team": "a" } }, /tags is .*not start with aws:/],
  [{ tags: { team: 7 } }, /tags is .*tags/],
  [{ limits: { layer: 5 } }, /limits: "layer=5" sets no limit.*configBytes/],
  [{ limits: { layers: -1 } }, /limits: "layers=-1" sets no limit.*whole number/],
  [{ limits: { layers: 1.5 } }, /limits: "layers=1\.5"/],
  [{ limits: "layers=5" }, /limits is "layers=5"; .*object/],
  [{ policy: "no-such-policy.json" }, /policy is .*no-such-policy\.json, which cannot be read/],
  [{ policy: { severity: {} } }, /"policy" is no policy.*severity/s],
  [{ policy: 7 }, /policy is 7; .*path of a policy\.json/],
];

describe("an option is wrong, and found so by the deployment or not at all", () => {
  test.each([
    ...wrong,
    [{ memry: { split: 512 } }, /memry does not exist.*memory/],
    [{ stackName: "7 stacks" }, /stackName is "7 stacks"; .*letter/],
    [{ logRetentionDays: 91 }, /logRetentionDays is 91; .*90, 120/],
    [{ removalPolicy: "delete" }, /removalPolicy is "delete"; .*"retain" or "destroy"/],
    [{ oldVersionDays: 0 }, /oldVersionDays is 0; .*1 to 3650/],
    [{ openUploadDays: "1" }, /openUploadDays is "1"/],
    [{ modelsBucketName: "s3://models" }, /modelsBucketName is "s3:\/\/models"; .*3 to 63/],
    [{ alarmTopicArn: "ops@example.com" }, /alarmTopicArn is "ops@example\.com"; .*arn:aws:sns/],
    [{ modelsKeyArn: "alias/models" }, /modelsKeyArn is "alias\/models"; .*arn:aws:kms/],
    [{ inventory: { bucketName: "lists" } }, /inventory\.manifestKey is undefined; .*manifest/],
    ["{schedule:null}", /"cleave" is \{schedule:null\}, which is no JSON/],
    [7, /It is 7; it must be an object with stackName/],
  ] as const)("%j", (cleave, message) => {
    expect(() => stackOf(cleave)).toThrow(message);
  });

  test("outside of its object, where it has no effect", () => {
    expect(() => readOptions(newApp({ schedule: null, timeZone: "Etc/UTC" }).node)).toThrow(
      /The context has schedule, timeZone, without effect: .* members of "cleave"/,
    );
  });

  test("beside another that is wrong, of which alone is told", () => {
    expect(() => stackOf({ timeZone: "x", batchConcurrency: 0 })).toThrow(
      /timeZone.*\n.*batch|batch.*\n.*timeZone/,
    );
  });
});

describe("a prop is wrong, and found so by the deployment or not at all", () => {
  test.each([
    ...wrong,
    [{ logRetention: 91 }, /logRetention is 91; .*90, 120/],
    [{ removalPolicy: RemovalPolicy.SNAPSHOT }, /removalPolicy is "snapshot"; .*retain, destroy/],
    [{ oldVersions: Duration.hours(12) }, /oldVersions is .*whole days/],
    [{ openUploads: 1 }, /openUploads is 1; .*Duration/],
    [{ modelsBucket: "models" }, /modelsBucket is "models"; .*Bucket\.fromBucketName/],
    [{ alarmTopic: "ops@example.com" }, /alarmTopic is "ops@example\.com"/],
  ] as const)("%j", (props, message) => {
    expect(() => pipelineOf(props as CleavePipelineProps)).toThrow(message);
  });
});

test("an option is not in docs/pipeline.md", () => {
  const path = fileURLToPath(new URL("../../docs/pipeline.md", import.meta.url));
  const [, table] = /^\| option .*\n.*\n((?:\|.*\n)+)/m.exec(readFileSync(path, "utf8"))!;
  const first = table!.split("\n").map((row) => row.split(" | ")[0]!);
  const documented = first.flatMap((cell) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name!),
  );
  expect(documented.toSorted()).toEqual(optionNames.toSorted());
});

test("what is right, or known to a deployment only, is refused", () => {
  const props: CleavePipelineProps = {
    memory: { split: 10_240 },
    reservedConcurrency: { "split-on-upload": 5, "batch-item": 1 },
    schedule: "cron(0/30 8-18 ? * MON-FRI 2026-2030)",
    timeZone: "America/Argentina/Buenos_Aires",
    keyPatterns: ["team a/ü*.keras"],
    logRetention: RetentionDays.INFINITE,
    oldVersions: Duration.days(1),
    toleratedFailures: 0.5,
  };
  expect(() => pipelineOf(props)).not.toThrow();
  expect(() =>
    pipelineOf((stack) => ({
      memory: { split: new CfnParameter(stack, "Memory", { type: "Number" }).valueAsNumber },
      schedule: new CfnParameter(stack, "When").valueAsString,
    })),
  ).not.toThrow();
  expect(() => stackOf({ schedule: null, removalPolicy: "destroy" })).not.toThrow();
});

function stackOf(cleave: unknown): CleaveStack {
  const app = newApp({ cleave });
  const options = readOptions(app.node);
  return new CleaveStack(app, options.stackName, options, { functionsFolder });
}

function pipelineOf(
  props: CleavePipelineProps | ((stack: Stack) => CleavePipelineProps),
): CleavePipeline {
  const stack = new Stack(newApp(), "Test");
  const given = typeof props === "function" ? props(stack) : props;
  return new CleavePipeline(stack, "Pipeline", { functionsFolder, ...given });
}
