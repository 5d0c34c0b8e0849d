import { buildTree } from "../../hdf5/build-tree.ts";
import type { Hdf5Attribute, Hdf5Dataset, Hdf5Group } from "../../hdf5/model.ts";
import { allNodes } from "../../hdf5/tree.ts";
import { judgePairs } from "../layers/judge.ts";
import { tensorShapes } from "../layers/output-shape/output-shapes.ts";
import { pairLegacy } from "../layers/pair-legacy.ts";
import { pairV3 } from "../layers/pair-v3.ts";
import type { VariableMatch } from "../layers/report.ts";
import type { Target } from "./arrange.ts";
import { makeTensor, type NoValue } from "./new-tensor.ts";
import { rewriteLegacy, type Written } from "./rewrite-legacy.ts";
import { groupsOf, judgeRow, pathOf, type Context, type Policy } from "./verdict.ts";

export interface Completed {
  readonly weights: Hdf5Group;
  /** All variables of the architecture, then tensors of no variable. */
  readonly outcomes: readonly Outcome[];
  /** What no policy allows. */
  readonly refused: readonly VariableMatch[];
  /** Variables without a value, and why there is none. */
  readonly valueless: readonly Valueless[];
}

export interface Valueless extends NoValue {
  readonly variable: string;
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
  const { pairs } =
    family === "v3" ? pairV3(root, weights, version) : pairLegacy(root, weights, { version });
  const refused: VariableMatch[] = [];
  const valueless: Valueless[] = [];
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
        valueless.push({ variable: pathOf(row), ...made });
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
    family === "v3" ? rewriteV3(weights, written) : rewriteLegacy(target, weights, written);
  return { weights: rewritten, outcomes, refused, valueless };
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
