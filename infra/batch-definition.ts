/** What the state machine works with, as ARNs and names. */
export interface BatchTargets {
  readonly itemFunction: string;
  readonly reportFunction: string;
  readonly modelsBucket: string;
  readonly artifactsBucket: string;
  readonly concurrency: number;
  readonly toleratedFailures: number;
  readonly inventory: { readonly bucket: string; readonly manifestKey: string } | undefined;
}

/**
 * The state machine in the Amazon States Language. Its input: `{"kind": "split", "prefix"?, "force"?}`,
 * or `{"kind": "recombine", "jobs": {"bucket", "key"}}` with an array of jobs as JSON there.
 */
export function batchDefinition(targets: BatchTargets): object {
  const { modelsBucket } = targets;
  return {
    Comment: "Cleave: splits or recombines many models, one execution for each, and reports",
    StartAt: "Check",
    States: {
      Check: {
        Type: "Task",
        Resource: "arn:aws:states:::lambda:invoke",
        Parameters: {
          FunctionName: targets.reportFunction,
          Payload: { stage: "check", "input.$": "$$.Execution.Input" },
        },
        OutputPath: "$.Payload",
        Retry: [{ ErrorEquals: [...refusals], MaxAttempts: 0 }, retry],
        Next: "Kind",
      },
      Kind: {
        Type: "Choice",
        Choices: [{ Variable: "$.kind", StringEquals: "split", Next: "Split" }],
        Default: "Recombine",
      },
      Split: map(targets, {
        reader: modelsReader(targets),
        selector: {
          kind: "split",
          "run.$": "$$.Execution.Name",
          "force.$": "$.force",
          "prefix.$": "$.prefix",
          bucket: modelsBucket,
          "item.$": "$$.Map.Item.Value",
        },
      }),
      Recombine: map(targets, {
        reader: {
          Resource: "arn:aws:states:::s3:getObject",
          ReaderConfig: { InputType: "JSON" },
          Parameters: { "Bucket.$": "$.jobs.bucket", "Key.$": "$.jobs.key" },
        },
        selector: {
          kind: "recombine",
          "run.$": "$$.Execution.Name",
          "index.$": "$$.Map.Item.Index",
          "job.$": "$$.Map.Item.Value",
        },
      }),
      Report: {
        Type: "Task",
        Resource: "arn:aws:states:::lambda:invoke",
        Parameters: {
          FunctionName: targets.reportFunction,
          Payload: {
            stage: "report",
            "run.$": "$$.Execution.Name",
            "kind.$": "$.kind",
            "prefix.$": "$.prefix",
            "force.$": "$.force",
            listed: targets.inventory === undefined,
            "jobs.$": "$.jobs",
            "error.$": "$.error",
            "startedAt.$": "$$.Execution.StartTime",
          },
        },
        ResultSelector: { "answer.$": "$.Payload" },
        ResultPath: "$.report",
        Retry: [retry],
        Next: "Ended",
      },
      Ended: {
        Type: "Choice",
        Choices: [{ Variable: "$.error", IsNull: true, Next: "Done" }],
        Default: "EndedEarly",
      },
      Done: { Type: "Pass", OutputPath: "$.report.answer", End: true },
      EndedEarly: { Type: "Fail", ErrorPath: "$.error.Error", CausePath: "$.error.Cause" },
    },
  };
}

/** What the check says of the input; it says the same again. */
const refusals = ["BAD_EVENT", "USAGE", "NOT_FOUND", "ACCESS_DENIED"] as const;

/** Transient by what the functions throw; permanent failures are answers. */
const retry = {
  ErrorEquals: ["States.ALL"],
  IntervalSeconds: 5,
  MaxAttempts: 3,
  BackoffRate: 2,
  MaxDelaySeconds: 60,
  JitterStrategy: "FULL",
};

function modelsReader({ modelsBucket, inventory }: BatchTargets): object {
  if (inventory === undefined) {
    return {
      Resource: "arn:aws:states:::s3:listObjectsV2",
      Parameters: { Bucket: modelsBucket, "Prefix.$": "$.prefix" },
    };
  }
  return {
    Resource: "arn:aws:states:::s3:getObject",
    ReaderConfig: { InputType: "MANIFEST" },
    Parameters: { Bucket: inventory.bucket, Key: inventory.manifestKey },
  };
}

function map(
  { itemFunction, artifactsBucket, concurrency, toleratedFailures }: BatchTargets,
  { reader, selector }: { readonly reader: object; readonly selector: object },
): object {
  return {
    Type: "Map",
    MaxConcurrency: concurrency,
    ToleratedFailurePercentage: toleratedFailures,
    ItemReader: reader,
    ItemSelector: selector,
    ItemProcessor: {
      ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
      StartAt: "Item",
      States: {
        Item: {
          Type: "Task",
          Resource: "arn:aws:states:::lambda:invoke",
          Parameters: { FunctionName: itemFunction, "Payload.$": "$" },
          OutputPath: "$.Payload",
          Retry: [retry],
          End: true,
        },
      },
    },
    ResultWriter: {
      Resource: "arn:aws:states:::s3:putObject",
      Parameters: {
        Bucket: artifactsBucket,
        "Prefix.$": "States.Format('batch/{}/results', $$.Execution.Name)",
      },
    },
    ResultPath: null,
    // The report says what was done, and why no more.
    Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.error", Next: "Report" }],
    Next: "Report",
  };
}
