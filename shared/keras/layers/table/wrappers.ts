import { closed, dim, variable, weightless, type Expectation } from "../variable.ts";
import type { Table } from "./row.ts";

/** What holds layers has no variables beside theirs, but for spectral normalization's. */
export const wrappers: Table = [
  ["RNN", () => weightless],
  ["StackedRNNCells", () => weightless],
  ["Bidirectional", () => weightless],
  ["TimeDistributed", () => weightless],
  ["Wrapper", () => weightless],
  ["DropoutWrapper", () => weightless],
  ["ResidualWrapper", () => weightless],
  ["DeviceWrapper", () => weightless],
  ["SpectralNormalization", spectralNormalization],
];

function spectralNormalization(): Expectation {
  return closed(
    variable("kernel", null, { isCopy: true }),
    variable("vector_u", [1, dim("out")], { trainable: false }),
  );
}
