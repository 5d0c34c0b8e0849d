import { CleaveError, quote } from "../errors.ts";
import { checkLimit } from "../limits.ts";
import type { Cursor } from "./cursor.ts";

export interface Filter {
  readonly name: FilterName;
  /** Its client data: what it was told when the dataset was made. */
  readonly parameters: readonly number[];
}

export type FilterName = "gzip" | "shuffle" | "fletcher32" | "nbit" | "scaleoffset";

/** The filters of libhdf5 itself (H5Zpublic.h), as h5py and h5repack call them. */
const known = new Map<number, FilterName>([
  [1, "gzip"],
  [2, "shuffle"],
  [3, "fletcher32"],
  [5, "nbit"],
  [6, "scaleoffset"],
]);

const szip = 4;

/** Filters from elsewhere, as registered with the HDF Group. */
const registered = new Map([
  [307, "bzip2"],
  [32000, "lzf"],
  [32001, "blosc"],
  [32004, "lz4"],
  [32008, "bitshuffle"],
  [32013, "zfp"],
  [32015, "zstd"],
  [32026, "blosc2"],
]);

/**
 * Reads a filter pipeline message, versions 1 and 2 (format specification, IV.A.2.l).
 *
 * @returns the filters in the order in which they were applied
 * @throws CleaveError `UNSUPPORTED` for filters that h5wasm lacks or whose damage it does not
 *   notice, and for one filter twice
 */
export function readFilters(cursor: Cursor, path: string): readonly Filter[] {
  const version = cursor.u8();
  if (version !== 1 && version !== 2) cursor.fail(`version ${version} is not known`, -1);
  const count = cursor.u8();
  checkLimit("filters", count, path);
  if (version === 1) cursor.skip(6);
  const filters: Filter[] = [];
  for (let index = 0; index < count; index += 1) {
    const id = cursor.u16();
    const nameLength = version === 1 || id >= 256 ? cursor.u16() : 0;
    cursor.skip(2);
    const parameterCount = cursor.u16();
    const ownName = Buffer.from(cursor.take(nameLength)).toString("latin1").replace(/\0.*$/s, "");
    const parameters = Array.from({ length: parameterCount }, () => cursor.u32());
    if (version === 1 && parameterCount % 2 === 1) cursor.skip(4);
    if (id === szip) refuseUnwatchable("szip", path);
    const name = known.get(id);
    if (name === undefined) return refuseFilter(registered.get(id) ?? quote(ownName), id, path);
    // The fourth parameter is the class of the datatype, 1 of whole numbers and floats.
    if (name === "nbit" && parameters[3] !== 1) refuseUnwatchable("nbit over compound types", path);
    if (filters.some((earlier) => earlier.name === name)) {
      throw new CleaveError(
        "UNSUPPORTED",
        `${path}: the values pass the filter ${name} twice, which only hides the ratio of their sizes. Rewrite the file with h5repack -f NONE.`,
        { rule: "KH523" },
      );
    }
    filters.push({ name, parameters });
  }
  return filters;
}

/** libhdf5 gives whatever is in memory where a chunk of these ends too soon; nobody could tell. */
function refuseUnwatchable(name: string, path: string): never {
  throw new CleaveError(
    "UNSUPPORTED",
    `${path}: the values pass the filter ${name}, of which libhdf5 does not notice damage. Rewrite the file with h5repack -f NONE.`,
    { rule: "KH562" },
  );
}

function refuseFilter(name: string, id: number, path: string): never {
  throw new CleaveError(
    "UNSUPPORTED",
    `${path}: the values pass the filter ${name} (number ${id}), which is not part of HDF5. Where the filter is installed, rewrite the file with h5repack -f NONE.`,
    { rule: "KH562" },
  );
}
