import type { Scan, ScanReport } from "../scan.ts";

/** Findings as GitHub's Markdown: for a comment, or the summary of a workflow. */
export function toMarkdown({ models, passedOver }: ScanReport): string {
  const rows = models.map(
    ({ path, verdict, findings }) => `| ${code(path)} | **${verdict}** | ${findings.length} |`,
  );
  const others = passedOver === 0 ? [] : [`\n${passedOver} other files were passed over.`];
  return [
    "| model | verdict | findings |",
    "| --- | --- | ---: |",
    ...rows,
    ...others,
    ...models.filter(({ findings }) => findings.length > 0).map(section),
    "",
  ].join("\n");
}

function section({ path, findings }: Scan): string {
  const items = findings.map(
    ({ id, severity, message, fix, allowed }) =>
      `- **${id}** (${severity}${allowed ? ", allowed" : ""}) ${escape(message)} ${escape(fix)}`,
  );
  return `\n### ${code(path)}\n\n${items.join("\n")}`;
}

/** Text of a file must not become markup, a link or a mention. */
function escape(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>()#+!|~@]/g, (found) =>
    found === "@" || found === "<" || found === ">" ? `&#${found.charCodeAt(0)};` : `\\${found}`,
  );
}

function code(text: string): string {
  return `\`${text.replaceAll(/[`|\n\r]/g, "?")}\``;
}
