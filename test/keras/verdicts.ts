import type { Row } from "./table.ts";

interface Verdict {
  readonly title: string;
  /** Null: passed. */
  readonly reason: string | null;
}

/**
 * What a script of ours in Python has said, a line of JSON for each case, as rows.
 *
 * @param failures of Cleave itself, by the titles of cases: they count before any verdict
 */
export function verdictRows(
  said: string,
  failures: ReadonlyMap<string, string>,
  { writer, judge, judged }: Pick<Row, "writer" | "judge"> & { readonly judged: string },
): Row[] {
  const verdicts = said
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Verdict);
  return verdicts.map(({ title, reason }): Row => {
    const failure = failures.get(title) ?? reason;
    const opinion =
      failure === null
        ? ({ verdict: "passed", judged: [judged] } as const)
        : ({ verdict: "failed", reason: failure } as const);
    return { file: title, writer, judge, opinion };
  });
}
