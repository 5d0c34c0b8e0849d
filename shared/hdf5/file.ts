import { pagedSource } from "../bytes/paged-source.ts";
import { rangeSource } from "../bytes/range-source.ts";
import type { ByteRange, ByteSource } from "../bytes/source.ts";
import { CleaveError } from "../errors.ts";
import { checkLimit } from "../limits.ts";
import { Cursor } from "./cursor.ts";

/** How much smaller than its tensors a whole file may be: trained weights hardly shrink. */
const usualRatio = 200;

interface Extent {
  readonly start: number;
  readonly end: number;
  readonly what: string;
}

/**
 * A file under examination. Each structure is read through it once, so that it knows which bytes
 * belong to what and can tell when two structures share some.
 */
export class Hdf5File {
  readonly #range: ByteRange;
  readonly #metadata: ByteSource;
  readonly #extents: Extent[] = [];
  #claimed = 0;
  #chunks = 0;
  #unpacked = 0;
  #end: number;

  constructor(range: ByteRange) {
    this.#range = range;
    this.#metadata = pagedSource(rangeSource(range));
    this.#end = range.length;
  }

  /** In bytes; HDF5 knows nothing behind it. */
  get size(): number {
    return this.#end;
  }

  /** Whether a read is a request. */
  get isRemote(): boolean {
    return this.#range.source.isRemote ?? false;
  }

  /** The superblock says where the file ends; other readers do not look behind it. */
  endAt(size: number): void {
    this.#end = size;
  }

  /** Reads a structure that is nobody else's. */
  async structure(offset: number, length: number, what: string): Promise<Cursor> {
    this.claim(offset, length, what);
    return this.peek(offset, length, what);
  }

  /** Reads without claiming, to find out how long a structure is. */
  async peek(offset: number, length: number, what: string): Promise<Cursor> {
    this.#within(offset, length, what);
    return new Cursor(await this.#metadata.read(offset, length), offset, what);
  }

  /** The values of a dataset, left where they are. */
  values(offset: number, length: number, what: string): ByteRange {
    this.claim(offset, length, what);
    return this.valuesInHeader(offset, length);
  }

  /** Values that stand inside an object header, which has claimed them. */
  valuesInHeader(offset: number, length: number): ByteRange {
    return { source: this.#range.source, offset: this.#range.offset + offset, length };
  }

  claim(offset: number, length: number, what: string): void {
    this.#within(offset, length, what);
    if (length === 0) return;
    this.#extents.push({ start: offset, end: offset + length, what });
    this.#claimed += length;
    // Many structures over the same bytes would be read many times before the end.
    if (this.#claimed > this.size) this.refuseOverlaps();
  }

  /**
   * Counts what a dataset in chunks will take, before its chunks are looked for.
   *
   * @param bytes of all its chunks, unpacked
   */
  expectChunks(count: number, bytes: number, what: string): void {
    checkLimit("hdf5Chunks", (this.#chunks += count), what);
    this.#unpacked += bytes;
    if (this.#unpacked > usualRatio * this.size) checkLimit("unpackedBytes", this.#unpacked, what);
  }

  /** @throws CleaveError `HDF5_INVALID` when two structures share bytes */
  refuseOverlaps(): void {
    let last: Extent | undefined;
    for (const extent of this.#extents.toSorted((a, b) => a.start - b.start)) {
      if (last !== undefined && extent.start < last.end) {
        throw new CleaveError(
          "HDF5_INVALID",
          `${last.what} [${last.start}, ${last.end}) and ${extent.what} [${extent.start}, ${extent.end}) overlap: they share bytes. The file is damaged or made to mislead; take an intact copy.`,
          { rule: "KH531" },
        );
      }
      last = extent;
    }
  }

  /** What no structure has claimed, once all have been read. */
  get unused(): readonly ByteRange[] {
    const gaps: ByteRange[] = [];
    let at = 0;
    for (const { start, end } of this.#extents.toSorted((a, b) => a.start - b.start)) {
      if (start > at) gaps.push(this.valuesInHeader(at, start - at));
      at = Math.max(at, end);
    }
    if (this.size > at) gaps.push(this.valuesInHeader(at, this.size - at));
    return gaps;
  }

  /** Bytes behind the end that the superblock states. */
  get trailing(): ByteRange | null {
    const length = this.#range.length - this.size;
    return length > 0 ? this.valuesInHeader(this.size, length) : null;
  }

  #within(offset: number, length: number, what: string): void {
    if (offset + length > this.size) {
      throw new CleaveError(
        "HDF5_INVALID",
        `${what}: bytes ${offset} to ${offset + length} are beyond the end of file at ${this.size}. The file is truncated or damaged; take an intact copy.`,
        { rule: "KH532" },
      );
    }
  }
}
