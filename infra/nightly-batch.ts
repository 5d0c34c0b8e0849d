import { ArnFormat, Duration, Stack, TimeZone, Validations } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import * as logs from "aws-cdk-lib/aws-logs";
import * as scheduler from "aws-cdk-lib/aws-scheduler";
import { StepFunctionsStartExecution } from "aws-cdk-lib/aws-scheduler-targets";
import type * as sqs from "aws-cdk-lib/aws-sqs";
import * as sfn from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { acknowledgeResources } from "./acknowledge.ts";
import { batchDefinition } from "./batch-definition.ts";
import { atMost } from "./bounded.ts";
import { deadLetterQueue } from "./dead-letters.ts";
import { uniqueName } from "./unique-name.ts";
import { PipelineFunction, type PipelineFunctionProps } from "./pipeline-function.ts";

/** A schedule that starts a state machine, which works through the models bucket and reports. */
export class NightlyBatch extends Construct {
  readonly functions: readonly PipelineFunction[];
  readonly stateMachine: sfn.StateMachine;
  /** Undefined where nothing is scheduled. */
  readonly schedule: scheduler.Schedule | undefined;
  /** Of starts that did not succeed. */
  readonly notStarted: sqs.Queue;

  constructor(
    scope: Construct,
    id: string,
    common: Pick<PipelineFunctionProps, "resources" | "pipeline">,
  ) {
    super(scope, id);
    const { resources, pipeline } = common;
    const failures = "The state machine that calls it tries again, and reports.";
    const item = new PipelineFunction(this, "Item", {
      ...common,
      name: "batch-item",
      failures,
      description: "Cleave: does one item of a batch",
    });
    const report = new PipelineFunction(this, "Report", {
      ...common,
      name: "batch-report",
      failures,
      description: "Cleave: writes the report of a batch",
      environment: { CLEAVE_TOPIC_ARN: resources.topic.topicArn },
    });
    this.functions = [item, report];
    const { inventory } = pipeline;
    const definition = batchDefinition({
      itemFunction: item.function.functionArn,
      reportFunction: report.function.functionArn,
      modelsBucket: resources.models.bucketName,
      artifactsBucket: resources.artifacts.bucketName,
      concurrency: pipeline.batchConcurrency ?? atMost(16, pipeline, "batch-item"),
      toleratedFailures: pipeline.toleratedFailures ?? 100,
      inventory: inventory && {
        bucket: inventory.bucket.bucketName,
        manifestKey: inventory.manifestKey,
      },
    });
    const role = new iam.Role(this, "Role", {
      assumedBy: new iam.ServicePrincipal("states.amazonaws.com"),
      description: "Of the batch of Cleave",
    });
    this.stateMachine = new sfn.StateMachine(this, "StateMachine", {
      comment: "Cleave: the batch",
      definitionBody: sfn.DefinitionBody.fromString(Stack.of(this).toJsonString(definition)),
      role,
      tracingEnabled: true,
      logs: {
        destination: new logs.LogGroup(this, "Logs", {
          // Step Functions writes to such groups without a policy for each, of which there are few.
          logGroupName: `/aws/vendedlogs/states/${uniqueName(this)}`,
          retention: pipeline.logRetention ?? logs.RetentionDays.THREE_MONTHS,
          ...(pipeline.removalPolicy && { removalPolicy: pipeline.removalPolicy }),
        }),
        level: sfn.LogLevel.ALL,
        includeExecutionData: false,
      },
    });
    this.#allow(role, common, [item, report]);
    this.notStarted = deadLetterQueue(this, "NotStarted");
    this.schedule = this.#schedule(pipeline.schedule, pipeline.timeZone);
  }

  #allow(
    role: iam.Role,
    { resources, pipeline }: Pick<PipelineFunctionProps, "resources" | "pipeline">,
    functions: readonly PipelineFunction[],
  ): void {
    const { models, artifacts, modelsKey, artifactsKey } = resources;
    const statements: iam.PolicyStatement[] = [];
    const allow = (actions: string[], ...on: string[]): void => {
      statements.push(new iam.PolicyStatement({ actions, resources: on }));
    };
    allow(
      ["lambda:InvokeFunction"],
      ...functions.map(({ function: { functionArn } }) => functionArn),
    );
    allow(["s3:ListBucket"], models.bucketArn);
    allow(["s3:GetObject"], artifacts.arnForObjects("jobs/*"));
    allow(
      ["s3:PutObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"],
      artifacts.arnForObjects("batch/*"),
    );
    if (pipeline.inventory) {
      const { bucket } = pipeline.inventory;
      allow(["s3:GetObject"], bucket.arnForObjects("*"));
      if (bucket.encryptionKey) allow(["kms:Decrypt"], bucket.encryptionKey.keyArn);
    }
    if (modelsKey) allow(["kms:Decrypt"], modelsKey.keyArn);
    if (artifactsKey) allow(["kms:Decrypt", "kms:GenerateDataKey"], artifactsKey.keyArn);
    for (const statement of statements) role.addToPolicy(statement);
    // A distributed map runs as executions of the machine itself. The machine is made after its
    // role and what that may do, so this is a policy of its own, made after both.
    const { stateMachineArn, stateMachineName } = this.stateMachine;
    const executions = Stack.of(this).formatArn({
      service: "states",
      resource: "execution",
      resourceName: `${stateMachineName}/*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const onItself = [
      new iam.PolicyStatement({ actions: ["states:StartExecution"], resources: [stateMachineArn] }),
      new iam.PolicyStatement({
        actions: ["states:DescribeExecution", "states:StopExecution"],
        resources: [executions],
      }),
    ];
    new iam.Policy(this, "MapPolicy", { statements: onItself }).attachToRole(role);
    acknowledgeResources(
      this,
      [...statements, ...onItself],
      "Objects below a prefix, executions of this machine; docs/security.md lists them.",
    );
    Validations.of(this).acknowledge({
      id: "AwsSolutions-IAM5[Resource::*]",
      reason: "Deliveries of logs, and X-Ray, have no resources to name.",
    });
  }

  #schedule(
    expression: string | null = "cron(0 2 * * ? *)",
    timeZone = "Etc/UTC",
  ): scheduler.Schedule | undefined {
    if (expression === null) return undefined;
    // Made here, else CDK makes it outside, where a permissions boundary does not reach.
    const role = new iam.Role(this, "ScheduleRole", {
      assumedBy: new iam.ServicePrincipal("scheduler.amazonaws.com"),
      description: "Of the schedule of Cleave",
    });
    return new scheduler.Schedule(this, "Schedule", {
      description: "Cleave: the nightly batch",
      schedule: scheduler.ScheduleExpression.expression(expression, TimeZone.of(timeZone)),
      timeWindow: scheduler.TimeWindow.off(),
      target: new StepFunctionsStartExecution(this.stateMachine, {
        role,
        input: scheduler.ScheduleTargetInput.fromObject({ kind: "split" }),
        deadLetterQueue: this.notStarted,
        retryAttempts: 185,
        maxEventAge: Duration.hours(12),
      }),
    });
  }
}
