import { CleaveError } from "./errors.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * The most that is accepted of each number an untrusted file can declare. Real files stay far
 * below; what exceeds a cap is refused with the number found, never cut.
 */
export const limits = {
  /** config.json, model_config: real ones are a few MB; the text is held and parsed in memory. */
  configBytes: { max: 64 * MiB, what: "bytes of configuration JSON" },
  /** Recursion in other readers dies at about 10,000 levels; Keras nests about 10 a submodel. */
  jsonDepth: { max: 256, what: "levels of nested JSON" },
  jsonNodes: { max: 5_000_000, what: "JSON values" },
  layers: { max: 20_000, what: "layers" },
  modelNesting: { max: 32, what: "models nested in each other" },
  nameBytes: { max: 4096, what: "bytes in a name" },
  zipMembers: { max: 10_000, what: "archive members" },
  /** Everything in an archive that is not weights and is therefore read into memory. */
  memberBytes: { max: 64 * MiB, what: "bytes in an archive member that is not weights" },
  /** Compressed members other than weights: they are held until they are written. */
  inflatedBytes: { max: 256 * MiB, what: "bytes in all compressed archive members" },
  hdf5Objects: { max: 200_000, what: "HDF5 objects" },
  hdf5Depth: { max: 64, what: "levels of HDF5 groups" },
  hdf5Links: { max: 100_000, what: "links in one HDF5 group" },
  /** A B-tree of 32-way nodes holds more links than allowed well before this depth. */
  btreeDepth: { max: 8, what: "levels of an HDF5 B-tree" },
  headerBlocks: { max: 64, what: "continuation blocks of an HDF5 object header" },
  /** An attribute has up to 64 KiB, and Keras divides long lists of names among many. */
  headerBytes: { max: 64 * MiB, what: "bytes in an HDF5 object header" },
  headerMessages: { max: 10_000, what: "messages in an HDF5 object header" },
  heapBytes: { max: 64 * MiB, what: "bytes in an HDF5 heap" },
  /** All heap data one file may ask for: names, configs and string tensors. */
  heapTotalBytes: { max: 256 * MiB, what: "bytes in all HDF5 heaps of a file" },
  rank: { max: 32, what: "dimensions" },
  stringElements: { max: 1_000_000, what: "strings in one HDF5 array" },
} as const;

export type LimitName = keyof typeof limits;

/** @throws CleaveError `LIMIT_EXCEEDED` when `found` is more than the cap `name` allows. */
export function checkLimit(name: LimitName, found: number | bigint, where: string): void {
  const { max, what } = limits[name];
  if (found > max) {
    throw new CleaveError(
      "LIMIT_EXCEEDED",
      `${where}: ${found} ${what}, the limit is ${max} (${name}). No Keras model is known to need that many; the file is damaged or hostile.`,
    );
  }
}
