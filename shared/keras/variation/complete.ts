import { buildTree } from "../../hdf5/build-tree.ts";
import type { Hdf5Attribute, Hdf5Dataset, Hdf5Group } from "../../hdf5/model.ts";
import { numberType } from "../../hdf5/number-type.ts";
import { allDatasets, allNodes } from "../../hdf5/tree.ts";
import { dtypeOf } from "../dtype.ts";
import { judgePairs, type Judged } from "../layers/judge.ts";
import { tensorShapes } from "../layers/output-shape/output-shapes.ts";
import { pairLegacy } from "../layers/pair-legacy.ts";
import { pairV3 } from "../layers/pair-v3.ts";
import type { Pair } from "../layers/pairing.ts";
import type { VariableMatch } from "../layers/report.ts";
import { joinPath, type Layer } from "../layers/walk.ts";
import type { Target } from "./arrange.ts";
import { glorot, initialRange, initialValue, zeros, type InitialValue } from "./initial-value.ts";
import { rewriteLegacy, type Written } from "./rewrite-legacy.ts";

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

export interface Completed {
  readonly weights: Hdf5Group;
  /** All variables of the architecture, then tensors of no variable. */
  readonly outcomes: readonly Outcome[];
  /** What no policy allows. */
  readonly refused: readonly VariableMatch[];
  /** Variables without a value, and why there is none. */
  readonly valueless: readonly { readonly variable: string; readonly why: string }[];
}

export interface Outcome {
  readonly row: VariableMatch;
  /** In the weights given; null where they have none. */
  readonly tensor: Hdf5Dataset | null;
  /** In the new weights; null where it is left out. */
  readonly written: Hdf5Dataset | null;
  readonly outcome: "taken" | "initialised" | "unused";
  /** "zeros"; null where it is from the weights. */
  readonly value: string | null;
  /** Why it is not taken. */
  readonly reason: string | null;
}

/** Leaves out what does not fit and adds what is missing, as far as the policy allows. */
export function completeWeights(target: Target, weights: Hdf5Group, policy: Policy): Completed {
  const { root, family, version } = target;
  const { pairs } = family === "v3" ? pairV3(root, weights, version) : pairLegacy(root, weights);
  const refused: VariableMatch[] = [];
  const valueless: { variable: string; why: string }[] = [];
  const outcomes: Outcome[] = [];
  const written: Written[] = [];
  const judged = judgePairs(root, pairs, version, tensorShapes(root).inputs);
  const context: Context = {
    policy,
    groups: groupsOf(judged, target),
    unfit: family === "v3" && !policy.missesLayers ? new Set() : null,
  };

  for (const found of judged) {
    const { pair, row } = found;
    const verdict = judgeRow(found, context);
    if (verdict === "refused") refused.push(row);
    else if (verdict === "taken") {
      const node = pair.tensor!.node;
      written.push({ pair, node });
      outcomes.push({
        row,
        tensor: node,
        written: node,
        outcome: "taken",
        value: null,
        reason: null,
      });
    } else if (verdict.isUnused) {
      outcomes.push({
        row,
        tensor: pair.tensor!.node,
        written: null,
        outcome: "unused",
        value: null,
        reason: verdict.reason,
      });
    } else {
      const made = makeTensor(pair, row, weights, policy);
      if ("why" in made) {
        valueless.push({ variable: pathOf(row), why: made.why });
        continue;
      }
      written.push({ pair, node: made.node });
      outcomes.push({
        row,
        tensor: pair.tensor?.node ?? null,
        written: made.node,
        outcome: "initialised",
        value: made.value,
        reason: verdict.reason,
      });
    }
  }
  const rewritten =
    family === "v3"
      ? rewriteV3(weights, written)
      : rewriteLegacy(target, weights, written, { keepsOrder: !policy.missesLayers });
  return { weights: rewritten, outcomes, refused, valueless };
}

type Verdict = "taken" | "refused" | { readonly isUnused: boolean; readonly reason: string };

interface Context {
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
function groupsOf(judged: readonly Judged[], { family, root }: Target): Groups {
  const units = unitsOf(root);
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

/** Of every layer the one of the model itself that it stands in. */
function unitsOf(root: Layer): ReadonlyMap<Layer, Layer> {
  const units = new Map<Layer, Layer>();
  for (const { layer: unit } of root.children) {
    const inside = [unit];
    for (const layer of inside) {
      units.set(layer, unit);
      inside.push(...layer.children.map((child) => child.layer));
    }
  }
  return units;
}

function judgeRow(judged: Judged, { policy, groups, unfit }: Context): Verdict {
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
    default:
      return "refused";
  }
}

function pathOf({ layer, variable, tensor }: VariableMatch): string {
  return variable === null ? (tensor ?? "") : joinPath(layer ?? "", variable);
}

/** A tensor for a variable that the weights do not have, or why there is none. */
function makeTensor(
  { owner, variable }: Pair,
  row: VariableMatch,
  weights: Hdf5Group,
  policy: Policy,
): { node: Hdf5Dataset; value: string } | { why: string } {
  if (owner === null || variable === null) return { why: "nothing is known of it" };
  const shape = row.expectedShape;
  if (!shape?.every((size) => size !== null))
    return { why: "its shape does not follow from the configuration" };
  const dtype = row.expectedDtype ?? "float32";
  const value = valueOf(owner, variable, dtype, pathOf(row), policy);
  if (typeof value === "string") return { why: `Keras starts it with ${value}` };
  const type = typeLike(dtype, weights);
  const data = initialRange(pathOf(row), value, dtype, shape);
  if (type === undefined || data === undefined) return { why: `its dtype is ${dtype}` };
  return { node: { kind: "dataset", ...type, shape, data }, value: value.name };
}

function valueOf(
  owner: Layer,
  variable: NonNullable<Pair["variable"]>,
  dtype: string,
  path: string,
  { initMissing, seed }: Policy,
): InitialValue | string {
  const own = initialValue(owner, variable);
  if (typeof own !== "string") return own;
  if (initMissing === null) return own;
  return initMissing === "glorot" && /float/.test(dtype) ? glorot(seed, path) : zeros;
}

/** As h5py writes the type, or as the weights have it: bfloat16 stands in them as opaque bytes. */
function typeLike(
  dtype: string,
  weights: Hdf5Group,
): Pick<Hdf5Dataset, "datatype" | "attributes"> | undefined {
  const datatype = numberType(dtype);
  if (datatype !== undefined) return { datatype, attributes: [] };
  const like = allDatasets(weights).find(({ node }) => dtypeOf(node) === dtype)?.node;
  return like && { datatype: like.datatype, attributes: like.attributes };
}

/** Tensors at their paths or at the place of the missing; groups keep their attributes. */
function rewriteV3(weights: Hdf5Group, written: readonly Written[]): Hdf5Group {
  const attributes = allNodes(weights).flatMap(({ path, node }): [string, Hdf5Attribute[]][] =>
    node.kind === "group" ? [[path, [...node.attributes]]] : [],
  );
  const datasets = written.map(({ pair, node }) => {
    return [pair.tensor?.path ?? pair.place!, node] as const;
  });
  return buildTree({ datasets, attributes });
}
