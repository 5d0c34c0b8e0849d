import Table from "cli-table3";
import { bold } from "./colour.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

const noBorders = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

/** Aligned columns under their titles, without lines. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const layout = new Table({
    head: columns.map(({ title }) => bold(title)),
    colAligns: columns.map(({ align }) => align ?? "left"),
    chars: noBorders,
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [], compact: true },
  });
  layout.push(...rows.map((row) => [...row]));
  return `${layout
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")}\n`;
}

/** The first rows, and a last line that says how many more there are. */
export function firstRows<T>(
  rows: readonly T[],
  most: number,
): { shown: readonly T[]; more: number } {
  return { shown: rows.slice(0, most), more: Math.max(0, rows.length - most) };
}
