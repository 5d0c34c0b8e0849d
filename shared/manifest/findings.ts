import type { VariableMatch, WeightsMatch } from "../keras/layers/report.ts";
import type { Finding } from "./schema.ts";

/** Everything in which architecture and weights do not agree. */
export function findings({ variables }: WeightsMatch): Finding[] {
  return explainAll(variables);
}

export function explainAll(variables: readonly VariableMatch[]): Finding[] {
  return variables.flatMap((row) => {
    const { problem, layer, variable, tensor } = row;
    return problem === null ? [] : [{ problem, layer, variable, tensor, message: explain(row) }];
  });
}

function explain(row: VariableMatch): string {
  const { layer, variable, tensor } = row;
  const owner = [layer, variable].filter((part) => part !== null && part !== "").join("/");
  const name = owner || tensor || "a tensor";
  switch (row.problem) {
    case "missing":
      return `${name}: the weights do not have it${row.expectedShape ? ` (expected ${shape(row.expectedShape)})` : ""}`;
    case "extra":
      return `${tensor ?? name}: the architecture has no place for it (${shape(row.actualShape)})`;
    case "shape":
      return `${name}: expected shape ${shape(row.expectedShape)}, the weights have ${shape(row.actualShape)}`;
    case "dtype":
      return `${name}: expected ${row.expectedDtype}, the weights have ${row.actualDtype}`;
    default:
      return `${name}: Keras reads these weights by their order, and here another variable stands in its place`;
  }
}

/** Dimensions; a question mark is one that the configuration leaves open. */
export function shape(dimensions: readonly (number | null)[] | null): string {
  return dimensions === null
    ? "?"
    : `(${dimensions.map((dimension) => dimension ?? "?").join(", ")})`;
}
