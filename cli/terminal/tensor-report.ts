import type { VariedTensor } from "../../shared/keras/variation/varied-tensor.ts";
import { green, yellow } from "./colour.ts";
import { plain, shape } from "./format.ts";
import { firstRows, table } from "./table.ts";

const mostRows = 200;

const titles = ["variable", "outcome", "how", "shape", "dtype", "tensor"];

/** What became of every variable and tensor, as a table for a terminal. */
export function tensorTable(tensors: readonly VariedTensor[]): string {
  const { shown, more } = firstRows(tensors, mostRows);
  const rows = shown.map((tensor) => {
    const [variable, outcome, ...rest] = cells(tensor).map(plain);
    const colour = tensor.outcome === "taken" ? green : yellow;
    return [variable!, colour(outcome!), ...rest];
  });
  const rest = more > 0 ? `… and ${more} more; --json has all.\n` : "";
  return `${table(
    titles.map((title) => ({ title })),
    rows,
  )}${rest}`;
}

/** The same, whole, as a table of Markdown. */
export function tensorMarkdown(tensors: readonly VariedTensor[]): string {
  const line = (cellTexts: readonly string[]): string => `| ${cellTexts.join(" | ")} |`;
  const lines = [
    titles,
    titles.map(() => "---"),
    ...tensors.map((tensor) => cells(tensor).map(escape)),
  ];
  return `${lines.map(line).join("\n")}\n`;
}

function cells(tensor: VariedTensor): string[] {
  const { layer, variable, outcome, how, value, reason, dtype } = tensor;
  return [
    [layer, variable].filter((part) => part).join("/"),
    outcome === "initialised" ? `initialised: ${value}` : outcome,
    reason ?? (how === null ? "" : `by ${how}`),
    shape(tensor.shape) || "()",
    dtype ?? "",
    tensor.tensor ?? "",
  ];
}

/** Nothing in a name may end the cell or be taken for markup. */
function escape(text: string): string {
  return plain(text).replaceAll(/[\\`*_{}[\]<>|#~]/g, String.raw`\$&`);
}
