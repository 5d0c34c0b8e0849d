/** A table of Markdown, all columns but the first flush right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const alignment = header.map((_, column) => (column === 0 ? "---" : "---:"));
  return [header, alignment, ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
