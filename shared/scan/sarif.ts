import type { Scan } from "../scan.ts";
import type { ScanFinding } from "./finding.ts";
import { ruleIds, rules, type Rule, type RuleId, type Severity } from "./rules.ts";

/** SARIF knows three levels; how bad a finding is beyond that, code hosts read as a number. */
const levels: Readonly<Record<Severity, "note" | "warning" | "error">> = {
  info: "note",
  low: "note",
  medium: "warning",
  high: "error",
  critical: "error",
};
const scores: Readonly<Record<Severity, string>> = {
  info: "0.0",
  low: "3.0",
  medium: "5.5",
  high: "8.0",
  critical: "9.5",
};

/**
 * Findings as SARIF 2.1.0 (OASIS Standard, 2020), which code hosts show beside the file.
 *
 * @param version of Cleave
 */
export function toSarif(models: readonly Scan[], version: string): string {
  const ids = new Set(models.flatMap(({ findings }) => findings.map(({ id }) => id)));
  const used = ruleIds.filter((id) => ids.has(id));
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "cleave", version, rules: used.map(ruleOf) } },
        artifacts: models.map(({ path, size }) => ({
          location: { uri: uriOf(path) },
          length: size,
        })),
        results: models.flatMap((model, index) =>
          model.findings.map((found) => resultOf(found, model, index, used)),
        ),
        invocations: [{ executionSuccessful: true }],
        columnKind: "utf16CodeUnits",
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function ruleOf(id: RuleId): object {
  const { title, meaning, fix, severity }: Rule = rules[id];
  return {
    id,
    name: title.replaceAll(
      /[^A-Za-z0-9]+(\w)?/g,
      (_, next: string | undefined) => next?.toUpperCase() ?? "",
    ),
    shortDescription: { text: title },
    fullDescription: { text: meaning },
    help: { text: fix },
    defaultConfiguration: { level: levels[severity] },
    properties: { "security-severity": scores[severity], tags: ["security", severity] },
  };
}

function resultOf(
  found: ScanFinding,
  { path }: Scan,
  index: number,
  used: readonly RuleId[],
): object {
  const { id, severity, message, where, allowed } = found;
  const place = [where.part, where.pointer].filter((part) => part).join("");
  const region =
    where.bytes && where.part === null
      ? { byteOffset: where.bytes[0], byteLength: where.bytes[1] - where.bytes[0] }
      : undefined;
  return {
    ruleId: id,
    ruleIndex: used.indexOf(id),
    level: levels[severity],
    message: { text: message },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(path), index },
          ...(region && { region }),
        },
        ...(place !== "" && { logicalLocations: [{ fullyQualifiedName: place }] }),
      },
    ],
    ...(allowed && {
      suppressions: [{ kind: "external", justification: "allowed by the policy" }],
    }),
  };
}

function uriOf(path: string): string {
  if (/^s3:/i.test(path)) return encodeURI(path);
  return path.split(/[/\\]/).map(encodeURIComponent).join("/");
}
