import type { Hdf5Group } from "../hdf5/model.ts";
import { allDatasets, holdsStrings } from "../hdf5/tree.ts";
import { quote } from "../errors.ts";
import { dtypeOf } from "../keras/dtype.ts";
import type { KerasModel } from "../keras/model.ts";
import { elementsOf } from "../tensors/elements.ts";
import { statisticsOf } from "../tensors/statistics.ts";
import { OpenCheck, type Check } from "./check.ts";

/** Reads every tensor for numbers that are none: NaN and infinite ones, which training leaves. */
export async function checkNumbers({ weights, training }: KerasModel): Promise<Check> {
  const check = new OpenCheck("numbers", "tensors");
  for (const tree of [weights, training]) if (tree !== null) await checkTree(check, tree);
  return check;
}

async function checkTree(check: OpenCheck, tree: Hdf5Group): Promise<void> {
  for (const { path, node } of allDatasets(tree)) {
    if (holdsStrings(node) || !("source" in node.data)) continue;
    const elements = elementsOf(dtypeOf(node));
    if (elements === undefined) continue;
    const { count, nan, infinite } = await statisticsOf(node.data, elements);
    const found = [
      ...(nan > 0 ? [`${nan} NaN`] : []),
      ...(infinite > 0 ? [`${infinite} infinite`] : []),
    ];
    check.count(
      found.length === 0,
      () => `${quote(path, 500).slice(1, -1)}: of ${count} numbers, ${found.join(" and ")}`,
      node.data.length,
    );
  }
}
