import type { Hdf5Dataset, Hdf5Group } from "../../hdf5/model.ts";
import { numberType } from "../../hdf5/number-type.ts";
import { allDatasets } from "../../hdf5/tree.ts";
import { dtypeOf } from "../dtype.ts";
import type { Pair } from "../layers/pairing.ts";
import type { VariableMatch } from "../layers/report.ts";
import type { Layer } from "../layers/walk.ts";
import { glorot, initialRange, initialValue, zeros, type InitialValue } from "./initial-value.ts";
import { pathOf, type Policy } from "./verdict.ts";

/** A tensor for a variable that the weights do not have, or why there is none. */
export function makeTensor(
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
