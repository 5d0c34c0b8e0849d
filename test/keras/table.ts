import type { Opinion } from "./judge-with.ts";

/** One judge's word on one file. */
export interface Row {
  readonly file: string;
  readonly writer: string;
  readonly judge: string;
  readonly opinion: Opinion;
}

const COLUMNS = ["file", "writer", "judged by", "what was judged", "largest |Δ|", "verdict"];

/** Lines of an aligned table, with reasons and notes in the last column. */
export function tableOf(rows: readonly Row[]): string[] {
  const cells = [COLUMNS, ...rows.map(cellsOf)];
  const widths = COLUMNS.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

function cellsOf({ file, writer, judge, opinion }: Row): string[] {
  const { verdict, judged = [], difference, notes = [], reason } = opinion;
  const said = [reason, ...notes].filter(Boolean).map((text) => short(text as string));
  const words = verdict === "not loadable" ? "not loadable here" : verdict;
  return [
    file,
    writer,
    judge,
    judged.join(", ") || "–",
    difference === null || difference === undefined ? "–" : difference.toExponential(1),
    said.length === 0 ? words : `${words}: ${said.join("; ")}`,
  ];
}

function short(text: string): string {
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
}
