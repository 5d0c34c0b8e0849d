import type { WeightsMatch } from "../../shared/keras/layers/report.ts";
import type { Finding } from "../../shared/manifest/schema.ts";
import { red } from "./colour.ts";
import { plain } from "./format.ts";
import { firstRows, table } from "./table.ts";

const mostRows = 40;

/** Which variables do not fit, what the architecture expects of them and what the weights have. */
export function mismatchTable(findings: readonly Finding[], match: WeightsMatch): string {
  const { shown, more } = firstRows(findings, mostRows);
  const rows = shown.map((finding) => {
    const row = match.variables.find(
      ({ layer, variable, tensor, problem }) =>
        problem === finding.problem &&
        layer === finding.layer &&
        variable === finding.variable &&
        tensor === finding.tensor,
    );
    return [
      red(finding.problem),
      plain(finding.layer ?? ""),
      plain(finding.variable ?? ""),
      row?.expectedShape ? describe(row.expectedShape, row.expectedDtype) : "",
      row?.actualShape ? describe(row.actualShape, row.actualDtype) : "",
      plain(finding.tensor ?? ""),
    ];
  });
  const columns = ["problem", "layer", "variable", "architecture", "weights", "tensor"];
  const rest = more > 0 ? `… and ${more} more; --json has all.\n` : "";
  return `${table(
    columns.map((title) => ({ title })),
    rows,
  )}${rest}\n`;
}

function describe(shape: readonly (number | null)[], dtype: string | null): string {
  const inner = shape.map((dimension) => dimension ?? "?").join(", ");
  return `(${inner})${dtype === null ? "" : ` ${dtype}`}`;
}
