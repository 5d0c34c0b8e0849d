import { CleaveError } from "../errors.ts";
import { checkLimit } from "../limits.ts";
import { chunkNumber, type ChunkGrid } from "./chunk-grid.ts";
import type { ChunkLayout } from "./chunk-layout.ts";
import type { Hdf5File } from "./file.ts";
import type { StoredChunks } from "./packed.ts";

const nowhere = -1;

/** Below this the ratio says nothing: a chunk of one value, all room for growth. */
const smallBytes = 1024 * 1024;

/** The chunks of one dataset while its index is read: each is there once, in bytes of its own. */
export class ChunkTable {
  readonly grid: ChunkGrid;
  readonly layout: ChunkLayout;
  readonly filters: number;
  readonly path: string;
  readonly chunks: StoredChunks;
  readonly #file: Hdf5File;
  #found = 0;
  #stored = 0;

  /** @param filters how many the chunks pass */
  constructor(file: Hdf5File, grid: ChunkGrid, layout: ChunkLayout, filters: number, path: string) {
    const shaped = `${path}: shape [${grid.shape.join(", ")}]`;
    file.expectChunks(grid.total, grid.total * layout.chunkBytes, shaped);
    this.grid = grid;
    this.layout = layout;
    this.filters = filters;
    this.path = path;
    this.#file = file;
    this.chunks = {
      addresses: new Float64Array(grid.total).fill(nowhere),
      sizes: new Float64Array(grid.total),
      skipped: new Uint32Array(grid.total),
    };
  }

  /** How many chunks of the shape have been found. */
  get found(): number {
    return this.#found;
  }

  /**
   * @param coordinates of the chunk, in chunks; those outside the shape do not count
   * @param stored bytes in the file
   * @param skipped a bit for each filter that this chunk did not pass
   */
  put(coordinates: readonly number[], address: number, stored: number, skipped = 0): void {
    const number = chunkNumber(this.grid, coordinates);
    if (number === undefined) return;
    const { addresses, sizes, skipped: masks } = this.chunks;
    if (addresses[number] !== nowhere) this.#fail(`two chunks at [${coordinates.join(", ")}]`);
    addresses[number] = address;
    sizes[number] = stored;
    masks[number] = skipped;
    this.#found += 1;
    this.#stored += stored;
    checkLimit("chunkBytes", stored, this.path);
    const all = 2 ** this.filters - 1;
    const { chunkBytes } = this.layout;
    const plain = (skipped & all) === all;
    if (plain ? stored !== chunkBytes : stored === 0) {
      this.#fail(`a chunk of ${chunkBytes} bytes is stored in ${stored}`);
    }
    this.#file.claim(address, stored, `${this.path}: chunk [${coordinates.join(", ")}]`);
  }

  /** @throws CleaveError `HDF5_INVALID` where chunks are missing; `LIMIT_EXCEEDED` for a bomb */
  finish(): void {
    const { total } = this.grid;
    if (this.#found < total) {
      throw new CleaveError(
        "HDF5_INVALID",
        `${this.path}: ${total - this.#found} of ${total} chunks were never written, only their fill value is there. Save the model again.`,
        { rule: "KH520" },
      );
    }
    const unpacked = total * this.layout.chunkBytes;
    if (unpacked > smallBytes)
      checkLimit("unpackRatio", Math.ceil(unpacked / this.#stored), this.path);
  }

  #fail(problem: string): never {
    throw new CleaveError(
      "HDF5_INVALID",
      `${this.path}: ${problem}. The file is damaged; take an intact copy.`,
      { rule: "KH522" },
    );
  }
}
