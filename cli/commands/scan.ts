import packageJson from "../../package.json" with { type: "json" };
import { CleaveError } from "../../shared/errors.ts";
import { scanAll, type Scan, type ScanReport } from "../../shared/scan.ts";
import { isAtLeast, type ScanFinding } from "../../shared/scan/finding.ts";
import { toMarkdown } from "../../shared/scan/markdown.ts";
import { toMlBom } from "../../shared/scan/ml-bom.ts";
import { severities, type Severity, type Verdict } from "../../shared/scan/rules.ts";
import { toSarif } from "../../shared/scan/sarif.ts";
import { readArguments } from "../arguments.ts";
import { printJson } from "../json.ts";
import { policyFile } from "../policy-file.ts";
import type { Command, ExitCode } from "../main.ts";
import { bold, dim, green, red, yellow } from "../terminal/colour.ts";
import { count, number, plain } from "../terminal/format.ts";
import { writer } from "../terminal/writer.ts";

const help = `cleave scan FILE|DIR|s3://… [options]

Looks for everything in a model, or in all models below a folder or prefix, that runs, loads, hides
or misleads, and for what is broken. Nothing is run, and tensors are not read. docs/findings.md
explains every finding by its id.

  --policy F            what is known to be harmless, and what becomes of a model (docs/security.md)
  --fail-on SEVERITY    exit with 1 from this severity on: info, low, medium (otherwise), high, critical
  --checksums           compare tensors with the checksums that a .keras states, which reads them
  --json                one JSON document instead of text
  --sarif, --markdown   the report in another form
  --sbom                what models are and need, as a CycloneDX bill of materials

  cleave scan resnet.keras
  cleave scan s3://uploads/incoming/ --sarif > findings.sarif

Exit codes: 0 clean or notice, 1 suspicious or dangerous, 2 unreadable or wrong usage.
`;

const forms = ["json", "sarif", "markdown", "sbom"] as const;

export const scan: Command = {
  help,
  async run(args) {
    const { values, positionals } = readArguments(
      args,
      {
        policy: { type: "string" },
        "fail-on": { type: "string" },
        checksums: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        sarif: { type: "boolean", default: false },
        markdown: { type: "boolean", default: false },
        sbom: { type: "boolean", default: false },
      },
      { names: ["FILE"], required: 1 },
    );
    const failOn = severityOf(values["fail-on"]);
    const policy = policyFile(values.policy);
    const chosen = forms.filter((form) => values[form]);
    if (chosen.length > 1) {
      throw new CleaveError("USAGE", `Only one of --${chosen.join(" and --")} at a time.`);
    }
    const report = await scanAll(positionals[0]!, { policy, checksums: values.checksums });
    const { version } = packageJson;
    if (values.json) printJson({ command: "scan", ...report });
    else if (values.sarif) process.stdout.write(toSarif(report.models, version));
    else if (values.sbom) process.stdout.write(toMlBom(report.models, version));
    else if (values.markdown) process.stdout.write(toMarkdown(report));
    else process.stdout.write(reportText(report));
    return exitCode(report, failOn);
  },
};

function severityOf(text: string | undefined): Severity {
  const found = severities.find((severity) => severity === (text ?? "medium"));
  if (found !== undefined) return found;
  throw new CleaveError("USAGE", `--fail-on takes one of ${severities.join(", ")}.`);
}

function exitCode({ models }: ScanReport, failOn: Severity): ExitCode {
  if (models.some(({ verdict }) => verdict === "unreadable")) return 2;
  const fails = ({ severity, allowed }: ScanFinding): boolean =>
    !allowed && isAtLeast(severity, failOn);
  return models.some(({ findings }) => findings.some(fails)) ? 1 : 0;
}

const colours: Readonly<Record<Verdict, (text: string) => string>> = {
  clean: green,
  notice: green,
  suspicious: yellow,
  dangerous: red,
  unreadable: red,
};

function reportText({ models, passedOver }: ScanReport): string {
  const lines = models.map(modelText);
  if (models.length === 1 && passedOver === 0) return lines.join("");
  const counts = new Map<Verdict, number>();
  for (const { verdict } of models) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  const verdicts = [...counts].map(([verdict, times]) => `${number(times)} ${verdict}`).join(", ");
  const others = passedOver === 0 ? "" : `; ${count(passedOver, "other file")} passed over`;
  return `${lines.join("")}\n${count(models.length, "model")}: ${verdicts}${others}.\n`;
}

function modelText(model: Scan): string {
  const { path, verdict, findings } = model;
  const first = `${bold(plain(path))}: ${colours[verdict](verdict)}${dim(`, ${describe(model)}`)}\n`;
  return [first, ...findings.map(findingText)].join("");
}

function describe({ kind, family, keras, tensors, tensorBytes, action }: Scan): string {
  const is =
    kind === null
      ? "not inspected as a whole"
      : [kind, ...(family === null || keras === null ? [] : [writer(family, keras)])].join(", ");
  const bytes = tensors === 0 ? "" : `; ${count(tensors, "tensor")}, bytes ${tensorBytes}`;
  return `${is}${bytes}${action === "allow" ? "" : `; policy: ${action}`}`;
}

const severityColours: Readonly<Record<Severity, (text: string) => string>> = {
  info: dim,
  low: dim,
  medium: yellow,
  high: red,
  critical: red,
};
const indent = " ".repeat(11);

function findingText(found: ScanFinding): string {
  const { id, severity, message, affected, fix, digest, allowed } = found;
  const lines = [
    `  ${severityColours[severity](severity.padEnd(8))} ${bold(id)} ${plain(message)}${allowed ? " (allowed by the policy)" : ""}`,
    ...(affected === null ? [] : [`${indent}${dim(`affected: ${affected}`)}`]),
    ...(digest === null ? [] : [`${indent}${dim(`SHA-256 ${digest}`)}`]),
    `${indent}${fix}`,
  ];
  return `${lines.join("\n")}\n`;
}
