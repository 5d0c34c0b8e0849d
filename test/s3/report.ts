import type { Comparison } from "./compare.ts";

/** A judge that was asked, or why it was not. */
export type Row = (Comparison | { readonly judge: string; readonly missing: string }) & {
  readonly seconds: number;
};

/** One line for each judge, with a heading. */
export function tableOf(rows: readonly Row[]): string[] {
  const lines = [
    ["judge", "as S3", "known not to be", "new or gone", "skipped", "seconds"],
    ...rows.map((row) =>
      "missing" in row
        ? [row.judge, `not asked: ${row.missing}`]
        : [
            row.judge,
            `${row.passed}`,
            `${row.known}`,
            `${row.surprises.length}`,
            `${row.skipped.length}`,
            row.seconds.toFixed(0),
          ],
    ),
  ];
  // A reason is longer than a column and stands alone, so it does not count.
  const counts = (cells: readonly string[], column: number): boolean =>
    column === 0 || cells.length > 2;
  const widths = lines[0]!.map((_, column) =>
    Math.max(
      ...lines.filter((cells) => counts(cells, column)).map((cells) => cells[column]!.length),
    ),
  );
  return lines.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}

/** Some lines for each outcome that nobody knew of. */
export function surprisesOf({ judge, surprises }: Comparison): string[] {
  return surprises.map(
    ({ check, got, known }) =>
      `${judge}: ${check}\n` +
      `  got    ${got ?? "what S3 does"}\n` +
      `  known  ${known ?? "what S3 does"}`,
  );
}
