import type { How, WeightsMatch } from "../layers/report.ts";
import type { Outcome } from "./complete.ts";

/** What became of a variable of the architecture, or of a tensor that none was found for. */
export interface VariedTensor {
  /** Null where the tensor is of no layer of the architecture. */
  readonly layer: string | null;
  readonly variable: string | null;
  /** Path in the weights given; null where it has none there. */
  readonly tensor: string | null;
  readonly shape: readonly number[] | null;
  readonly dtype: string | null;
  readonly outcome: Outcome["outcome"];
  /** "rule": the layer is named by a rule. Null where it is not taken. */
  readonly how: How | "rule" | null;
  /** What it starts with: "zeros"; null where it is from the weights. */
  readonly value: string | null;
  /** Why it is not taken. */
  readonly reason: string | null;
}

/** Of weights that fit as they are. */
export function takenTensors({ variables }: WeightsMatch): readonly VariedTensor[] {
  return variables
    .filter(({ tensor }) => tensor !== null)
    .map(({ layer, variable, tensor, actualShape, actualDtype, how }) => {
      const from = { layer, variable, tensor, shape: actualShape, dtype: actualDtype, how };
      return { ...from, outcome: "taken", value: null, reason: null };
    });
}
