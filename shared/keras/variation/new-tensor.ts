import type { Hdf5Dataset, Hdf5Group } from "../../hdf5/model.ts";
import { numberType } from "../../hdf5/number-type.ts";
import { allDatasets } from "../../hdf5/tree.ts";
import { dtypeOf } from "../dtype.ts";
import type { Pair } from "../layers/pairing.ts";
import type { VariableMatch } from "../layers/report.ts";
import type { Layer } from "../layers/walk.ts";
import { glorot, initialRange, initialValue, zeros, type InitialValue } from "./initial-value.ts";
import { pathOf, type Policy } from "./verdict.ts";

/** Why a variable gets none, and what to do. */
export interface NoValue {
  readonly why: string;
  readonly way: string;
}

function noShape(why: string): NoValue {
  return { why, way: "Give weights that have it" };
}

/** A tensor for a variable that the weights do not have, or why there is none. */
export function makeTensor(
  { owner, variable }: Pair,
  row: VariableMatch,
  weights: Hdf5Group,
  policy: Policy,
): { node: Hdf5Dataset; value: string } | NoValue {
  if (owner === null || variable === null) return noShape("nothing is known of it");
  const shape = row.expectedShape;
  if (!shape?.every((size) => size !== null)) {
    return noShape("its shape does not follow from the configuration");
  }
  const dtype = row.expectedDtype ?? "float32";
  const value = valueOf(owner, variable, dtype, pathOf(row), policy);
  if (typeof value === "string") {
    const way = "Say --init-missing zeros or --init-missing glorot --seed N";
    return { why: `Keras starts it with ${value}`, way };
  }
  const type = typeLike(dtype, weights);
  const data = initialRange(pathOf(row), value, dtype, shape);
  if (type === undefined || data === undefined) return noShape(`its dtype is ${dtype}`);
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
