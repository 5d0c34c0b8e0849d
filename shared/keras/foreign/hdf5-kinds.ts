import { grouped } from "../../grouped.ts";
import { attribute } from "../../hdf5/attributes.ts";
import type { Hdf5Group } from "../../hdf5/model.ts";
import { allDatasets, allNodes } from "../../hdf5/tree.ts";
import { fewNames } from "./foreign.ts";

/** What HDF5 holds that Keras did not write. */
export function describeHdf5(root: Hdf5Group): string {
  const names = [...root.children.keys()];
  if (names.length === 0) return "it holds nothing";
  const count = allDatasets(root).length;
  const holds = `it holds ${grouped(count)} ${count === 1 ? "dataset" : "datasets"} below ${fewNames(names)}`;
  const kind = writer(root);
  return kind === undefined ? holds : `it is ${kind} (${holds})`;
}

/** Known by the attributes that each writer leaves. */
function writer(root: Hdf5Group): string | undefined {
  const has = (name: string): boolean => attribute(root, name) !== undefined;
  const anyHas = (name: string): boolean =>
    allNodes(root).some(({ node }) => attribute(node, name) !== undefined);
  if (anyHas("pandas_type")) return "a table of pandas (HDFStore)";
  if (has("PYTABLES_FORMAT_VERSION")) return "a file of PyTables";
  if (has("_NCProperties")) return "a netCDF file";
  if (anyHas("MATLAB_class")) return "a file of MATLAB";
  if (has("encoding-type") || has("encoding_type")) return "a file of AnnData";
  return undefined;
}
