import { checkLimit } from "../limits.ts";
import { filteredChunkIndex, chunkIndex, readBTree2 } from "./btree2.ts";
import { readChunkBTree } from "./chunk-btree.ts";
import type { ChunkTable } from "./chunk-table.ts";
import { arrayOrder } from "./chunk-grid.ts";
import { Cursor } from "./cursor.ts";
import { readExtensibleArray } from "./extensible-array.ts";
import type { Hdf5File } from "./file.ts";
import { readFixedArray } from "./fixed-array.ts";
import { littleEndian } from "./fractal-heap.ts";
import type { Superblock } from "./superblock.ts";

/** Finds all chunks of a dataset, each in bytes that are nobody else's. */
export async function readChunkIndex(
  file: Hdf5File,
  superblock: Superblock,
  table: ChunkTable,
): Promise<void> {
  const { layout, grid, path } = table;
  const { address, index, chunkBytes } = layout;
  if (address !== null && grid.total > 0) {
    switch (index.kind) {
      case "b-tree":
        await readChunkBTree(file, superblock, address, table);
        break;
      case "single":
        table.put(
          grid.shape.map(() => 0),
          address,
          index.stored ?? chunkBytes,
          index.skipped,
        );
        break;
      case "implicit":
        readImplicit(address, table);
        break;
      case "fixed array":
        expectUnlimited(table, 0, address);
        await readFixedArray(file, address, table);
        break;
      case "extensible array":
        expectUnlimited(table, 1, address);
        await readExtensibleArray(file, address, table);
        break;
      case "b-tree 2":
        await readBTree(file, address, table, path);
        break;
    }
  }
  table.finish();
}

/** All chunks after each other, also those that the shape may yet grow to (H5Dnone.c). */
function readImplicit(address: number, table: ChunkTable): void {
  const { grid, layout } = table;
  expectUnlimited(table, 0, address);
  if (table.filters > 0)
    new Cursor(new Uint8Array(), address, table.path).fail("filtered chunks without sizes");
  const coordinates = arrayOrder(grid);
  const count = grid.mostCounts.reduce((product, most) => product * most, 1);
  checkLimit("hdf5Chunks", count, table.path);
  for (let index = 0; table.found < grid.total && index < count; index += 1) {
    table.put(coordinates(index), address + index * layout.chunkBytes, layout.chunkBytes);
  }
}

/** Arrays are for datasets with this many axes without limit. */
function expectUnlimited({ grid, path }: ChunkTable, expected: number, address: number): void {
  const found = grid.mostCounts.filter((count) => !Number.isFinite(count)).length;
  if (found !== expected) {
    new Cursor(new Uint8Array(), address, `${path}: chunk index`).fail(
      `it is for ${expected} dimensions without limit, the dataset has ${found}`,
    );
  }
}

/** A version 2 B-tree of chunks (format specification, III.A.2, record types 10 and 11). */
async function readBTree(
  file: Hdf5File,
  address: number,
  table: ChunkTable,
  path: string,
): Promise<void> {
  const filtered = table.filters > 0;
  const type = filtered ? filteredChunkIndex : chunkIndex;
  const records = await readBTree2(file, address, type, path, "hdf5Chunks");
  const placeBytes = table.grid.shape.length * 8;
  for (const record of records) {
    const cursor = new Cursor(record, address, `${path}: B-tree record`);
    const chunkAddress = cursor.u64();
    const sizeBytes = record.length - 8 - placeBytes - 4;
    if (filtered && (sizeBytes < 1 || sizeBytes > 8)) cursor.fail(`${record.length} bytes`);
    const stored = filtered ? littleEndian(cursor.take(sizeBytes)) : table.layout.chunkBytes;
    const skipped = filtered ? cursor.u32() : 0;
    const coordinates = table.grid.shape.map(() => cursor.u64());
    table.put(coordinates, chunkAddress, stored, skipped);
  }
}
