import { Duration, Size, Validations, type RemovalPolicy } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as logs from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { join } from "node:path";
import type { FunctionName } from "../functions/names.ts";
import { acknowledgeResources } from "./acknowledge.ts";
import { permissionsOf, type Resources } from "./permissions.ts";
import type { CleavePipelineProps } from "./props.ts";
import { settingVariables } from "./setting-variables.ts";

/** The props, and what is always known. */
export type PipelineSettings = CleavePipelineProps & {
  readonly functionsFolder: string;
  /** Of metrics, logs and traces. */
  readonly service: string;
};

export interface PipelineFunctionProps {
  readonly name: FunctionName;
  readonly description: string;
  readonly resources: Resources;
  readonly pipeline: PipelineSettings;
  /** Where failures go, which is to no queue of the function itself. */
  readonly failures: string;
  readonly timeout?: Duration;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A function with what all of them have: role and log group of its own, arm64, traces. */
export class PipelineFunction extends Construct {
  readonly function: lambda.Function;

  constructor(scope: Construct, id: string, props: PipelineFunctionProps) {
    super(scope, id);
    const { name, description, resources, pipeline } = props;
    const { timeout = Duration.minutes(15), environment = {} } = props;
    const logGroup = new logs.LogGroup(this, "Logs", {
      retention: pipeline.logRetention ?? logs.RetentionDays.THREE_MONTHS,
      ...removedWith(pipeline.removalPolicy),
    });
    const role = new iam.Role(this, "Role", {
      assumedBy: new iam.ServicePrincipal("lambda.amazonaws.com"),
      description: `Of the function ${name} of Cleave`,
    });
    const statements = permissionsOf(name, resources);
    for (const statement of statements) role.addToPolicy(statement);
    logGroup.grantWrite(role);
    const reserved = pipeline.reservedConcurrency?.[name];
    this.function = new lambda.Function(this, "Function", {
      description,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      code: lambda.Code.fromAsset(join(pipeline.functionsFolder, name)),
      handler: "index.handler",
      role,
      logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
      tracing: lambda.Tracing.ACTIVE,
      memorySize: pipeline.memory?.[name] ?? (name === "inspect" ? 256 : 512),
      ephemeralStorageSize: Size.mebibytes(pipeline.temporaryStorage ?? 2048),
      timeout,
      ...(reserved === undefined ? {} : { reservedConcurrentExecutions: reserved }),
      ...(pipeline.vpc === undefined ? {} : { vpc: pipeline.vpc }),
      environment: {
        CLEAVE_MODELS_BUCKET: resources.models.bucketName,
        CLEAVE_ARTIFACTS_BUCKET: resources.artifacts.bucketName,
        CLEAVE_EVENT_BUS: resources.eventBus.eventBusName,
        ...settingVariables(pipeline),
        POWERTOOLS_SERVICE_NAME: pipeline.service,
        POWERTOOLS_METRICS_NAMESPACE: "Cleave",
        POWERTOOLS_LOG_LEVEL: "INFO",
        ...environment,
      },
    });
    acknowledgeResources(this, statements, "Objects below a prefix; docs/security.md lists them.");
    Validations.of(this).acknowledge(
      { id: "AwsSolutions-IAM5[Resource::*]", reason: "X-Ray has no resources to name." },
      { id: "Serverless-LambdaDLQ", reason: props.failures },
    );
  }
}

function removedWith(removalPolicy: RemovalPolicy | undefined): { removalPolicy?: RemovalPolicy } {
  return removalPolicy === undefined ? {} : { removalPolicy };
}
