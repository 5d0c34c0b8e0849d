import picomatch from "picomatch";
import { CleaveError, quote } from "../../errors.ts";
import type { Hdf5Dataset, Hdf5Group } from "../../hdf5/model.ts";
import { allDatasets } from "../../hdf5/tree.ts";
import type { JsonObject } from "../../json/parse.ts";
import { dtypeOf } from "../dtype.ts";
import type { VariableMatch } from "../layers/report.ts";
import { walkArchitecture } from "../layers/walk.ts";
import type { KerasModel } from "../model.ts";
import { arrangeByName, type Target } from "./arrange.ts";
import { completeWeights, type Completed, type Outcome } from "./complete.ts";
import { noRules, type RenameRules } from "./rename-rules.ts";
import type { VariedTensor } from "./varied-tensor.ts";
import { sourceTensors } from "./source-tensors.ts";
import type { Policy } from "./verdict.ts";

/** How weights may differ from the architecture they are combined with. */
export interface Variation {
  /** Layers get the weights of layers of the same name; what has no counterpart is left out. */
  readonly byName?: boolean;
  /** Layers and variables have other names in the weights; implies `byName`. */
  readonly rules?: RenameRules | undefined;
  /** Tensors of another shape than their variable's are left out. */
  readonly skipMismatch?: boolean;
  /**
   * Globs of "layer/variable" that the weights need not have. Whole layers need not be there
   * `byName`, and nothing with `skipMismatch`.
   */
  readonly allowMissing?: readonly string[];
  /** What variables get that Keras starts with random numbers; without it, they are an error. */
  readonly initMissing?: "zeros" | "glorot" | undefined;
  readonly seed?: number;
}

export interface Varied {
  readonly weights: Hdf5Group;
  readonly tensors: readonly VariedTensor[];
  /** Whether the new weights are others than those given, or in another order. */
  readonly isChanged: boolean;
  /** Disagreements that nothing in the variation allows. */
  readonly refused: readonly VariableMatch[];
}

/**
 * Fits weights to another architecture, as `load_weights(by_name=…, skip_mismatch=…)` of Keras does.
 *
 * @param source the weights, with the architecture that stands with them, if any
 * @param architecture the one they are to fit
 * @throws CleaveError `MISMATCH` where a variable would start with random numbers and nothing says
 *   which, where rules bring two tensors to one place, or no layer has a known name
 */
export function varyWeights(
  source: KerasModel,
  architecture: JsonObject,
  version: string | null,
  variation: Variation,
): Varied {
  const target: Target = { root: walkArchitecture(architecture), family: source.family, version };
  const paths = new Map(allDatasets(source.weights).map(({ path, node }) => [node, path]));
  const isByName = variation.byName === true || variation.rules !== undefined;
  const arranged = isByName ? arrange(source, target, variation.rules ?? noRules) : null;
  const completed = completeWeights(
    target,
    arranged?.weights ?? source.weights,
    policyOf(variation, isByName),
  );
  refuseValueless(completed);
  const placed = arranged?.placed;
  const tensors = completed.outcomes.map((outcome) => describe(outcome, paths, placed));
  const unplaced = placed === undefined ? [] : [...paths].filter(([node]) => !placed.has(node));
  const isWhole = tensors.every(({ outcome }) => outcome === "taken");
  return {
    weights: completed.weights,
    tensors: [...tensors, ...unplaced.map(([node, path]) => unused(path, node))],
    isChanged: isByName || !isWhole,
    refused: completed.refused,
  };
}

function arrange(
  source: KerasModel,
  target: Target,
  rules: RenameRules,
): ReturnType<typeof arrangeByName> {
  const tensors = sourceTensors(source);
  if (tensors.length > 0 && tensors.every(({ layers }) => layers.length === 0)) {
    const why =
      source.architecture === null
        ? "do not say which layers they are of (Keras writes names since 3.6). Give the model file or the split folder they came from instead of the weights alone."
        : "are of a model of a custom class, whose configuration names no layers. Combine them without --by-name.";
    throw new CleaveError("MISMATCH", `The weights ${why}`);
  }
  const arranged = arrangeByName(target, tensors, rules, source.weights);
  const [idle] = rules.unused();
  if (idle === undefined) return arranged;
  throw new CleaveError(
    "MISMATCH",
    `The rule from ${quote(idle)} fits nothing in the weights. Correct or remove it.`,
  );
}

function policyOf(variation: Variation, isByName: boolean): Policy {
  const { skipMismatch = false, allowMissing = [], initMissing = null, seed = 0 } = variation;
  const allows = picomatch([...allowMissing], { dot: true });
  return {
    dropsExtra: isByName || skipMismatch,
    skipsMismatch: skipMismatch,
    missesLayers: isByName,
    mayMiss: (path) => (skipMismatch && !isByName) || allowMissing.includes(path) || allows(path),
    initMissing,
    seed,
  };
}

function refuseValueless({ valueless }: Completed): void {
  const [first, ...others] = valueless;
  if (first === undefined) return;
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  throw new CleaveError(
    "MISMATCH",
    `${first.variable}${more} is not in the weights and has no value: ${first.why}. ${first.way}.`,
  );
}

function describe(
  { row, tensor, written, outcome, value, reason }: Outcome,
  paths: ReadonlyMap<Hdf5Dataset, string>,
  placed: ReadonlyMap<Hdf5Dataset, "name" | "rule"> | undefined,
): VariedTensor {
  const node = (written ?? tensor)!;
  const how = tensor === null ? null : (placed?.get(tensor) ?? row.how);
  return {
    layer: row.layer,
    variable: row.variable,
    tensor: tensor === null ? null : paths.get(tensor)!,
    shape: node.shape,
    dtype: dtypeOf(node),
    outcome,
    how: outcome === "taken" ? how : null,
    value,
    reason,
  };
}

function unused(path: string, node: Hdf5Dataset): VariedTensor {
  return {
    layer: null,
    variable: null,
    tensor: path,
    shape: node.shape,
    dtype: dtypeOf(node),
    outcome: "unused",
    how: null,
    value: null,
    reason: "no layer of its name is in the architecture",
  };
}
