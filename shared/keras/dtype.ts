import { textAttribute } from "../hdf5/attributes.ts";
import type { Hdf5Dataset } from "../hdf5/model.ts";

/**
 * The dtype of a variable as Keras spells it. bfloat16, which HDF5 lacks, is two opaque bytes with
 * the name in an attribute `dtype` (keras/src/saving/saving_lib.py, H5Entry, since 3.0.5).
 */
export function dtypeOf(dataset: Hdf5Dataset): string {
  const { datatype } = dataset;
  if (datatype.class !== "opaque") return datatype.name;
  return textAttribute(dataset, "dtype") ?? datatype.name;
}
