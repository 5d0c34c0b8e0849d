import { closed, dim, variable, weightless, type Expectation } from "../variable.ts";
import type { Config } from "../config.ts";
import type { Table } from "./row.ts";

/** What holds layers has no variables beside theirs, but for spectral normalization's. */
export const wrappers: Table = [
  ["RNN", () => weightless],
  ["StackedRNNCells", () => weightless],
  ["Bidirectional", () => weightless],
  ["TimeDistributed", () => weightless],
  ["Wrapper", () => weightless],
  ["SpectralNormalization", spectralNormalization],
];

function spectralNormalization({ layer }: Config): Expectation {
  const isEmbedding = layer.children[0]?.layer.className === "Embedding";
  return closed(
    variable(isEmbedding ? "embeddings" : "kernel", null, { isCopy: true }),
    variable("vector_u", [1, dim("out")], { trainable: false }),
  );
}
