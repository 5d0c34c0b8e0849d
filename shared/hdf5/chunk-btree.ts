import { CleaveError } from "../errors.ts";
import { checkLimit } from "../limits.ts";
import type { ChunkTable } from "./chunk-table.ts";
import type { Hdf5File } from "./file.ts";
import type { Superblock } from "./superblock.ts";

/** Nodes read at a time. */
const batchSize = 64;

/**
 * Reads a version 1 B-tree of chunks (format specification, III.A.1, node type 1): each key is the
 * stored size, the filters skipped and the place of the chunk or node behind it.
 */
export async function readChunkBTree(
  file: Hdf5File,
  { chunkK }: Superblock,
  root: number,
  table: ChunkTable,
): Promise<void> {
  const { path } = table;
  let level: number | undefined;
  let addresses = [root];
  for (let depth = 0; level !== 0; depth += 1) {
    checkLimit("btreeDepth", depth, path);
    const children: number[] = [];
    let found: number | undefined;
    for (let from = 0; from < addresses.length; from += batchSize) {
      const nodes = await Promise.all(
        addresses
          .slice(from, from + batchSize)
          .map((address) => readNode(file, chunkK, address, level, table)),
      );
      for (const node of nodes) {
        found = node.level;
        for (const child of node.children) children.push(child);
      }
    }
    level = found ?? 0;
    addresses = children;
    checkLimit("hdf5Chunks", addresses.length, path);
    if (new Set(addresses).size < addresses.length) {
      throw new CleaveError(
        "HDF5_INVALID",
        `${path}: a B-tree node has two parents; the file is damaged.`,
        { rule: "KH550" },
      );
    }
  }
}

/** @returns the nodes below it; the chunks of a leaf go into the table */
async function readNode(
  file: Hdf5File,
  chunkK: number,
  address: number,
  parentLevel: number | undefined,
  table: ChunkTable,
): Promise<{ level: number; children: number[] }> {
  const { chunk } = table.layout;
  const rank = chunk.length;
  const keySize = 8 + (rank + 1) * 8;
  const length = 24 + 2 * chunkK * 8 + (2 * chunkK + 1) * keySize;
  const cursor = await file.structure(address, length, `${table.path}: B-tree node`);
  cursor.signature("TREE");
  const type = cursor.u8();
  if (type !== 1) cursor.fail(`node type ${type} where that of chunks is 1`, -1);
  const level = cursor.u8();
  const used = cursor.u16();
  if (parentLevel !== undefined && level !== parentLevel - 1) {
    cursor.fail(`level ${level} below level ${parentLevel}`, -3);
  }
  if (used > 2 * chunkK) cursor.fail(`${used} children, at most ${2 * chunkK} fit`, -2);
  if (used === 0 && level > 0) cursor.fail("an inner node without children", -2);
  cursor.skip(16);
  const children: number[] = [];
  for (let index = 0; index < used; index += 1) {
    const stored = cursor.u32();
    const skipped = cursor.u32();
    const coordinates = chunk.map((size) => {
      const offset = cursor.u64();
      if (offset % size !== 0) cursor.fail(`element ${offset} starts no chunk`, -8);
      return offset / size;
    });
    cursor.skip(8);
    const child = cursor.u64();
    if (level > 0) children.push(child);
    else table.put(coordinates, child, stored, skipped);
  }
  return { level, children };
}
