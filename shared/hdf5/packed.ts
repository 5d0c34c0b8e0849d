import type { ByteRange } from "../bytes/source.ts";
import { CleaveError } from "../errors.ts";
import type { Filter } from "./filters.ts";
import type { Datatype } from "./model.ts";

/**
 * A dataset whose values do not stand in the file as one run: they are in chunks, which may have
 * passed filters. Its structure has been read and is sound; its chunks have not been opened.
 */
export interface PackedDataset {
  /** As HDF5 takes it, with a leading slash. */
  readonly path: string;
  /** The same for messages. */
  readonly where: string;
  /** Of the unpacked values, which are in little-endian order. */
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** Elements of a chunk along each axis. */
  readonly chunk: readonly number[];
  readonly chunkBytes: number;
  /** In the order in which they were applied. */
  readonly filters: readonly Filter[];
  readonly chunks: StoredChunks;
  /** Bytes of the unpacked values. */
  readonly length: number;
}

/** Where the chunks stand, each at its number in row-major order. */
export interface StoredChunks {
  /** In the HDF5 file. */
  readonly addresses: Float64Array;
  /** Bytes in the file. */
  readonly sizes: Float64Array;
  /** A bit for each filter that the chunk did not pass. */
  readonly skipped: Uint32Array;
}

export interface PackedFile {
  readonly range: ByteRange;
  /** Those whose values are wanted. */
  readonly datasets: readonly PackedDataset[];
  /** How many datasets the file has, packed or not. */
  readonly datasetCount: number;
}

/** Gives the values of each packed dataset as one run: little-endian, in row-major order. */
export type Unpack = (file: PackedFile) => Promise<readonly ByteRange[]>;

/** Where nothing unpacks: what Keras would have written instead. */
export function refusePacked({ where, filters }: PackedDataset): never {
  const names = filters.map(({ name }) => name).join(", ");
  const passed = names === "" ? "" : ` that pass a filter (${names})`;
  throw new CleaveError(
    "UNSUPPORTED",
    `${where}: the values are stored in chunks${passed}. Keras writes contiguous, unfiltered datasets; rewrite the file with h5repack -l CONTI -f NONE.`,
    { rule: "KH563" },
  );
}
