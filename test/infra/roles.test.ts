import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { synthesize } from "./synth.ts";

interface Policy {
  readonly Properties: {
    readonly Roles: readonly { readonly Ref: string }[];
    readonly PolicyDocument: { readonly Statement: readonly Statement[] };
  };
}
interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

/** Logical ids, without the hash at their end, as docs/security.md calls them. */
const names: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/SplitOnUploadFunctionRole/, "split-on-upload"],
  [/OnDemandSplitRole/, "split"],
  [/OnDemandRecombineRole/, "recombine"],
  [/OnDemandInspectRole/, "inspect"],
  [/NightlyBatchItemRole/, "batch-item"],
  [/NightlyBatchReportRole/, "batch-report"],
  [/NightlyBatchRole/, "state machine"],
  [/NightlyBatchScheduleRole/, "schedule"],
  [/BucketsModels/, "models"],
  [/BucketsArtifacts/, "artifacts"],
  [/event-bus/, "event bus"],
  [/SplitOnUploadQueue/, "queue of uploads"],
  [/OnDemandFailures/, "queue of failures"],
  [/NightlyBatchNotStarted/, "queue of batches not started"],
  [/Alarms/, "alarm topic"],
  [/NightlyBatchItemFunction/, "batch-item"],
  [/NightlyBatchReportFunction/, "batch-report"],
  [/:execution:/, "executions of the state machine"],
  [/NightlyBatchStateMachine/, "state machine"],
];

test("a role may do something else than docs/security.md says", () => {
  const policies = synthesize().findResources("AWS::IAM::Policy") as Record<string, Policy>;
  const allowed = new Set<string>();
  for (const { Properties } of Object.values(policies)) {
    const role = nameOf(Properties.Roles[0]!.Ref);
    for (const { Effect, Action, Resource } of Properties.PolicyDocument.Statement) {
      expect(Effect).toBe("Allow");
      for (const action of [Action].flat()) {
        for (const resource of [Resource].flat()) allowed.add(line(role, action, text(resource)));
      }
    }
  }
  expect([...allowed].toSorted()).toEqual(documented().toSorted());
});

test("a role may do anything by a wildcard", () => {
  const policies = synthesize().findResources("AWS::IAM::Policy") as Record<string, Policy>;
  const actions = Object.values(policies).flatMap(({ Properties }) =>
    Properties.PolicyDocument.Statement.flatMap(({ Action }) => Action),
  );
  expect(actions.filter((action) => action.includes("*"))).toEqual([]);
});

function line(role: string, action: string, resource: string): string {
  return `${role}: ${action} on ${resource}`;
}

/** The table, and what stands below it of all functions. */
function documented(): string[] {
  const path = fileURLToPath(new URL("../../docs/security.md", import.meta.url));
  const [, table] = /^\| role .*\n.*\n((?:\|.*\n)+)/m.exec(readFileSync(path, "utf8"))!;
  const rows = table!
    .trimEnd()
    .split("\n")
    .map((row) => row.split(" | ").map((cell) => cell.replaceAll(/^\| |\\/g, "")));
  const inTable = rows.flatMap(([role, actions, resources]) =>
    actions!
      .split(", ")
      .flatMap((action) => resources!.split(", ").map((resource) => line(role!, action, resource))),
  );
  const functions = new Set(rows.map(([role]) => role!));
  functions.delete("state machine");
  functions.delete("schedule");
  const ofAll = [...functions].flatMap((role) => [
    line(role, "logs:CreateLogStream", "its log"),
    line(role, "logs:PutLogEvents", "its log"),
    line(role, "xray:PutTraceSegments", "*"),
    line(role, "xray:PutTelemetryRecords", "*"),
  ]);
  return [...inTable, ...ofAll];
}

function nameOf(id: string): string {
  return names.find(([pattern]) => pattern.test(id))?.[1] ?? id;
}

function text(resource: unknown): string {
  const flat = flatten(resource);
  if (flat === "*") return "*";
  if (/FunctionLogs|SplitLogs|RecombineLogs|InspectLogs|ItemLogs|ReportLogs/.test(flat)) {
    return "its log";
  }
  const path = /^<[^>]+>(\/.*)$/.exec(flat)?.[1] ?? "";
  return `${nameOf(flat)}${path.startsWith("/") && !flat.includes(":execution:") ? path : ""}`;
}

function flatten(resource: unknown): string {
  if (typeof resource === "string") return resource;
  const [[kind, value]] = Object.entries(resource as object) as [[string, unknown]];
  if (kind === "Fn::Join") {
    const [separator, parts] = value as [string, unknown[]];
    return parts.map(flatten).join(separator);
  }
  return `<${[value].flat().join(".")}>`;
}
