import type { Judged } from "../layers/judge.ts";
import type { VariableMatch } from "../layers/report.ts";
import { joinPath } from "../layers/walk.ts";
import type { Target } from "./arrange.ts";
import { unitsOf } from "./units.ts";

/** What may differ between weights and architecture, and what is done then. */
export interface Policy {
  /** Tensors without a place in the architecture are left out. */
  readonly dropsExtra: boolean;
  /** Tensors of another shape than their variable's are left out. */
  readonly skipsMismatch: boolean;
  /** Layers may be absent from the weights, but what is there must be whole. */
  readonly missesLayers: boolean;
  /** Whether a variable, as "layer/name", may be absent from the weights. */
  mayMiss(path: string): boolean;
  /** For variables that Keras starts with random numbers; null: such a variable is an error. */
  readonly initMissing: "zeros" | "glorot" | null;
  readonly seed: number;
}

/** What becomes of a row: a reason where it is not taken. */
export type Verdict = "taken" | "refused" | { readonly isUnused: boolean; readonly reason: string };

export interface Context {
  readonly policy: Policy;
  readonly groups: Groups;
  /**
   * Groups of a v3 file with a variable that does not fit: Keras stops reading there
   * (keras/src/layers/core/dense.py, `load_own_variables`). By name, it goes on with the next one.
   */
  readonly unfit: Set<string> | null;
}

/** What Keras reads at a time, and of what it takes nothing where the number of weights differs. */
interface Groups {
  of(judged: Judged): string;
  /** Those of which the weights have some variables and not others, or too many. */
  readonly partial: ReadonlySet<string>;
}

/**
 * In a v3 file a `vars` group (keras/src/layers/layer.py, `_check_load_own_variables`); in a legacy
 * file a layer of the model itself with everything in it
 * (keras/src/legacy/saving/legacy_h5_format.py, `load_weights_from_hdf5_group_by_name`).
 */
export function groupsOf(judged: readonly Judged[], { family, root }: Target): Groups {
  const units = unitsOf(root.children.map(({ layer }) => layer));
  const of = ({ pair, row }: Judged): string => {
    const place = row.tensor ?? pair.place ?? "";
    if (family === "v3") return place.slice(0, place.lastIndexOf("/"));
    return units.get(pair.owner!)?.path ?? "";
  };
  const having = new Set<string>();
  const differing = new Set<string>();
  for (const found of judged) {
    const { problem } = found.row;
    if (problem === "missing" || problem === "extra") differing.add(of(found));
    if (problem !== "missing") having.add(of(found));
  }
  const partial = new Set([...having].filter((group) => group !== "" && differing.has(group)));
  return { of, partial };
}

export function judgeRow(judged: Judged, { policy, groups, unfit }: Context): Verdict {
  const { row } = judged;
  const group = groups.of(judged);
  const isPartial = groups.partial.has(group);
  if (isPartial && policy.skipsMismatch) {
    const isUnused = row.problem === "extra";
    return { isUnused, reason: "its layer has another number of weights" };
  }
  switch (row.problem) {
    case "extra":
      if (!policy.dropsExtra || isPartial) return "refused";
      return { isUnused: true, reason: "the architecture has no place for it" };
    case "missing":
      if (!policy.mayMiss(pathOf(row)) && !(policy.missesLayers && !isPartial)) return "refused";
      return { isUnused: false, reason: "the weights do not have it" };
    case "shape":
      if (!policy.skipsMismatch) return "refused";
      unfit?.add(group);
      return { isUnused: false, reason: `the weights have shape (${row.actualShape!.join(", ")})` };
    case null:
      if (!unfit?.has(group)) return "taken";
      return { isUnused: false, reason: "one before it in its layer does not fit" };
    case "order":
      // It is written where Keras reads it; what only its place tells of may be another's.
      return row.how === "position" ? "refused" : "taken";
    default:
      return "refused";
  }
}

/** "layer/variable", or the path of a tensor of no variable. */
export function pathOf({ layer, variable, tensor }: VariableMatch): string {
  return variable === null ? (tensor ?? "") : joinPath(layer ?? "", variable);
}
