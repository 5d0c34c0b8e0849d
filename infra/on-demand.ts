import { Duration } from "aws-cdk-lib";
import * as lambda from "aws-cdk-lib/aws-lambda";
import { SqsDestination } from "aws-cdk-lib/aws-lambda-destinations";
import type * as sqs from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { deadLetterQueue } from "./dead-letters.ts";
import { PipelineFunction, type PipelineFunctionProps } from "./pipeline-function.ts";

/** Functions that are invoked by name: an alias stays where versions change. */
export class OnDemand extends Construct {
  readonly functions: readonly PipelineFunction[];
  readonly splitFunction: lambda.Alias;
  readonly recombineFunction: lambda.Alias;
  readonly inspectFunction: lambda.Alias;
  /** Of asynchronous calls. */
  readonly failures: sqs.Queue;

  constructor(
    scope: Construct,
    id: string,
    common: Pick<PipelineFunctionProps, "resources" | "pipeline">,
  ) {
    super(scope, id);
    this.failures = deadLetterQueue(this, "Failures");
    const failures = "The alias that is invoked has a destination for failures.";
    const split = new PipelineFunction(this, "Split", {
      ...common,
      failures,
      name: "split",
      description: "Cleave: splits a model",
    });
    const recombine = new PipelineFunction(this, "Recombine", {
      ...common,
      failures,
      name: "recombine",
      description: "Cleave: recombines a model from architecture and weights",
    });
    const inspect = new PipelineFunction(this, "Inspect", {
      ...common,
      failures,
      name: "inspect",
      description: "Cleave: says what a model is and holds",
      timeout: Duration.minutes(1),
    });
    this.functions = [split, recombine, inspect];
    this.splitFunction = this.#alias("SplitAlias", split);
    this.recombineFunction = this.#alias("RecombineAlias", recombine);
    this.inspectFunction = this.#alias("InspectAlias", inspect);
  }

  #alias(id: string, { function: { currentVersion } }: PipelineFunction): lambda.Alias {
    return new lambda.Alias(this, id, {
      aliasName: "live",
      version: currentVersion,
      retryAttempts: 2,
      maxEventAge: Duration.hours(6),
      onFailure: new SqsDestination(this.failures),
    });
  }
}
