import { checkLimit, type LimitName } from "../limits.ts";
import type { Hdf5File } from "./file.ts";
import { byteWidth, expectChecksum, expectVersion, littleEndian } from "./fractal-heap.ts";

/** A version 2 B-tree whose records are links by the hash of their names. */
export const linkNameIndex = 5;
/** Attributes by the hash of their names. */
export const attributeNameIndex = 8;
/** Chunks by their place; the second is of those that pass filters. */
export const chunkIndex = 10;
export const filteredChunkIndex = 11;

interface Node {
  readonly address: number;
  readonly records: number;
  /** 0 for a leaf. */
  readonly depth: number;
}

/**
 * All records of a version 2 B-tree, in no particular order (format specification, III.A.2).
 *
 * @param type of the tree, which says what its records are
 * @param limit of how many they may be
 */
export async function readBTree2(
  file: Hdf5File,
  address: number,
  type: number,
  what: string,
  limit: LimitName = "hdf5Links",
): Promise<Uint8Array[]> {
  const cursor = await file.structure(address, 38, `${what}: B-tree`);
  cursor.signature("BTHD");
  expectVersion(cursor, 0);
  if (cursor.u8() !== type) cursor.fail("a tree of another type", -1);
  const nodeSize = cursor.u32();
  const recordSize = cursor.u16();
  const depth = cursor.u16();
  cursor.skip(2);
  const root = cursor.address();
  const rootRecords = cursor.u16();
  const total = cursor.u64();
  expectChecksum(cursor);
  checkLimit("btreeDepth", depth, what);
  checkLimit(limit, total, what);
  checkLimit("heapBytes", nodeSize, what);
  if (recordSize === 0 || nodeSize < 10 + recordSize) cursor.fail("nodes without room for records");

  const sizes = nodeSizes(nodeSize, recordSize, depth);
  const records: Uint8Array[] = [];
  const open: Node[] = root === null ? [] : [{ address: root, records: rootRecords, depth }];
  for (let node; (node = open.pop());) {
    checkLimit(limit, records.length + node.records, what);
    const shape = { type, nodeSize, recordSize, sizes, what };
    for (const record of await readNode(file, node, shape, open)) records.push(record);
  }
  if (records.length !== total)
    cursor.fail(`${total} records are declared, ${records.length} are there`);
  return records;
}

interface Shape {
  readonly type: number;
  readonly nodeSize: number;
  readonly recordSize: number;
  readonly sizes: readonly NodeSize[];
  readonly what: string;
}

async function readNode(
  file: Hdf5File,
  { address, records: count, depth }: Node,
  { type, nodeSize, recordSize, sizes, what }: Shape,
  open: Node[],
): Promise<Uint8Array[]> {
  const cursor = await file.structure(address, nodeSize, `${what}: B-tree node`);
  cursor.signature(depth === 0 ? "BTLF" : "BTIN");
  expectVersion(cursor, 0);
  if (cursor.u8() !== type) cursor.fail("a node of another type", -1);
  if (count > sizes[depth]!.mostRecords) cursor.fail(`${count} records do not fit`);
  const records = Array.from({ length: count }, () => cursor.take(recordSize));
  const childSize = sizes[depth - 1];
  const children = childSize === undefined ? 0 : count + 1;
  for (let child = 0; child < children; child += 1) {
    open.push({
      address: cursor.u64(),
      records: littleEndian(cursor.take(childSize!.countBytes)),
      depth: depth - 1,
    });
    cursor.skip(childSize!.totalBytes);
  }
  expectChecksum(cursor);
  return records;
}

interface NodeSize {
  readonly mostRecords: number;
  /** Bytes of the number of records of a node of this depth, in its parent. */
  readonly countBytes: number;
  /** Bytes of the number of records below and in it; leaves have none. */
  readonly totalBytes: number;
}

/** How many records fit a node of each depth (H5B2hdr.c, H5B2__hdr_init). */
function nodeSizes(nodeSize: number, recordSize: number, depth: number): NodeSize[] {
  const overhead = 10; // signature, version, type, checksum
  const mostInLeaf = Math.floor((nodeSize - overhead) / recordSize);
  const countBytes = byteWidth(mostInLeaf);
  const sizes: NodeSize[] = [{ mostRecords: mostInLeaf, countBytes, totalBytes: 0 }];
  let total = mostInLeaf;
  for (let level = 1; level <= depth; level += 1) {
    const pointer = 8 + countBytes + sizes[level - 1]!.totalBytes;
    const mostRecords = Math.floor((nodeSize - overhead - pointer) / (recordSize + pointer));
    total = (mostRecords + 1) * total + mostRecords;
    sizes.push({ mostRecords, countBytes, totalBytes: byteWidth(total) });
  }
  return sizes;
}
