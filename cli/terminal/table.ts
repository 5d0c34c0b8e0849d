import stringWidth from "string-width";
import { bold } from "./colour.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** Aligned columns under their titles, without lines. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = [columns.map(({ title }) => title && bold(title)), ...rows];
  const widths = columns.map((_, column) =>
    cells.reduce((widest, row) => Math.max(widest, width(row[column] ?? "")), 0),
  );
  const lines = cells.map((row) =>
    columns
      .map(({ align }, column) => {
        const cell = row[column] ?? "";
        const fill = " ".repeat(widths[column]! - width(cell));
        return align === "right" ? fill + cell : cell + fill;
      })
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

/** Columns on a terminal; string-width takes its time and is asked only where it matters. */
function width(text: string): number {
  return /^[ -~]*$/.test(text) ? text.length : stringWidth(text);
}

/** The first rows, and how many more there are. */
export function firstRows<T>(
  rows: readonly T[],
  most: number,
): { shown: readonly T[]; more: number } {
  return { shown: rows.slice(0, most), more: Math.max(0, rows.length - most) };
}
