import { CleaveError, quote } from "./errors.ts";
import type { RuleId } from "./scan/rules.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

interface Limit {
  readonly max: number;
  readonly what: string;
  /** What a scan calls it, where that says more than that a cap was exceeded. */
  readonly rule?: RuleId;
}

/**
 * The most that is accepted of each number an untrusted file can declare. Real files stay far
 * below; what exceeds a cap is refused with the number found, never cut.
 */
export const limits = {
  /** config.json, model_config: real ones are a few MB; the text is held and parsed in memory. */
  configBytes: { max: 64 * MiB, what: "bytes of configuration JSON" },
  /** Recursion in other readers dies at about 10,000 levels; Keras nests about 10 a submodel. */
  jsonDepth: { max: 256, what: "levels of nested JSON", rule: "KJ302" },
  /** An inline vocabulary of a million words, twice. */
  jsonNodes: { max: 2_000_000, what: "JSON values" },
  /** Twenty in a layer, of as many layers as are allowed. */
  jsonContainers: { max: 400_000, what: "JSON objects and lists" },
  layers: { max: 20_000, what: "layers" },
  modelNesting: { max: 32, what: "models nested in each other" },
  nameBytes: { max: 4096, what: "bytes in a name" },
  /** All of them are open at a time, and systems allow a process about as many. */
  filesInFolder: { max: 500, what: "files in a folder" },
  zipMembers: { max: 10_000, what: "archive members" },
  /** Everything in an archive that is not weights and is therefore read into memory. */
  memberBytes: {
    max: 64 * MiB,
    what: "bytes in an archive member that is not weights",
    rule: "KZ610",
  },
  /** Trained weights hardly shrink, and half of a fresh optimizer's state is zeros. */
  inflateRatio: {
    max: 200,
    what: "times its stored size a compressed archive member has",
    rule: "KZ610",
  },
  /** Each of 5 GB by default: far more than any store takes as one model. */
  shards: { max: 1000, what: "files of sharded weights" },
  hdf5Objects: { max: 100_000, what: "HDF5 objects" },
  hdf5Depth: { max: 64, what: "levels of HDF5 groups" },
  hdf5Links: { max: 100_000, what: "links in one HDF5 group" },
  /** A B-tree of 32-way nodes holds more links than allowed well before this depth. */
  btreeDepth: { max: 8, what: "levels of an HDF5 B-tree", rule: "KH550" },
  headerBlocks: { max: 64, what: "continuation blocks of an HDF5 object header", rule: "KH552" },
  /** An attribute has up to 64 KiB, and Keras divides long lists of names among many. */
  headerBytes: { max: 64 * MiB, what: "bytes in an HDF5 object header", rule: "KH552" },
  headerMessages: { max: 10_000, what: "messages in an HDF5 object header", rule: "KH552" },
  heapBytes: { max: 64 * MiB, what: "bytes in an HDF5 heap", rule: "KH555" },
  /** All heap data one file may ask for: names, configs and string tensors. */
  heapTotalBytes: { max: 256 * MiB, what: "bytes in all HDF5 heaps of a file", rule: "KH555" },
  rank: { max: 32, what: "dimensions", rule: "KH530" },
  /** A chunk is unpacked in memory as a whole; h5py makes chunks of 1 MiB at most. */
  chunkBytes: { max: 256 * MiB, what: "bytes in an HDF5 chunk", rule: "KH523" },
  /** Each is remembered while the file is read; 100 GiB in chunks as h5py makes them are fewer. */
  hdf5Chunks: {
    max: 500_000,
    what: "HDF5 chunks in one file, of the shapes it declares",
    rule: "KH520",
  },
  /** Twice through one filter is refused as well: that is how 10 GiB fit 33 KB. */
  filters: { max: 4, what: "filters of one HDF5 dataset", rule: "KH523" },
  /** Of one tensor. Deflate makes zeros, and nothing else, 1,032 times smaller. */
  unpackRatio: {
    max: 1100,
    what: "times its stored size a packed HDF5 dataset has",
    rule: "KH523",
  },
  unpackedBytes: {
    max: 4 * 1024 * MiB,
    what: "bytes of tensors in an HDF5 file that is 200 times smaller",
    rule: "KH520",
  },
  stringElements: { max: 1_000_000, what: "strings in one HDF5 array" },
} as const satisfies Readonly<Record<string, Limit>>;

export type LimitName = keyof typeof limits;

const names = Object.keys(limits) as readonly LimitName[];
/** Caps that are other than usual, in this process. */
let changed: ReadonlyMap<LimitName, number> | undefined;

/** The cap that holds: as usual, or as `setLimits` or the variable CLEAVE_LIMITS says. */
export function limitOf(name: LimitName): number {
  changed ??= parseLimits(process.env["CLEAVE_LIMITS"] ?? "");
  return changed.get(name) ?? limits[name].max;
}

/** The caps that are other than usual, as `setLimits` takes them; "" where none is. */
export function changedLimits(): string {
  const others = names.filter((name) => limitOf(name) !== limits[name].max);
  return others.map((name) => `${name}=${limitOf(name)}`).join(",");
}

/**
 * Sets caps of this process, beside those of the variable CLEAVE_LIMITS, which has the same form.
 *
 * @param text `layers=50000,configBytes=134217728`
 * @throws CleaveError `USAGE` naming what is no cap or no whole number
 */
export function setLimits(text: string): void {
  const before = changed ?? parseLimits(process.env["CLEAVE_LIMITS"] ?? "");
  changed = new Map([...before, ...parseLimits(text)]);
}

/**
 * Reads caps as `setLimits` has them, and sets none.
 *
 * @throws CleaveError `USAGE` naming what is no cap or no whole number
 */
export function parseLimits(text: string): ReadonlyMap<LimitName, number> {
  const pairs = text.split(",").filter((pair) => pair.trim() !== "");
  return new Map(
    pairs.map((pair) => {
      const [, word, digits] = /^\s*(\w+)\s*=\s*(\d{1,15})\s*$/.exec(pair) ?? [];
      const name = names.find((known) => known === word);
      if (name !== undefined) return [name, Number(digits)] as const;
      throw new CleaveError(
        "USAGE",
        `${quote(pair)} sets no limit; give a name and a whole number, such as layers=50000. Limits are ${names.join(", ")}.`,
      );
    }),
  );
}

/** @throws CleaveError `LIMIT_EXCEEDED` when `found` is more than the cap `name` allows. */
export function checkLimit(name: LimitName, found: number | bigint, where: string): void {
  const max = limitOf(name);
  if (found <= max) return;
  const { what, rule = "KL401" }: Limit = limits[name];
  throw new CleaveError(
    "LIMIT_EXCEEDED",
    `${where}: ${found} ${what}, the limit is ${max}. No Keras model is known to need that many; the file is damaged or hostile. If it is sound, --limit ${name}=N raises it.`,
    { rule },
  );
}
