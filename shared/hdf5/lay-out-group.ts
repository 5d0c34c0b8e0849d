import { roundUp8, type ByteWriter } from "../bytes/byte-writer.ts";
import type { Hdf5Group, Hdf5Node } from "./model.ts";
import { defaultInternalK, defaultLeafK } from "./superblock.ts";
import { sortedChildren } from "./tree.ts";

const btreeNodeSize = 24 + 2 * defaultInternalK * 8 + (2 * defaultInternalK + 1) * 8;
const symbolNodeSize = 8 + 2 * defaultLeafK * 40;
const heapHeaderSize = 32;
const undefinedAddress = 0xffff_ffff_ffff_ffffn;
/** "No free block", as libhdf5 writes it (H5HLprivate.h, H5HL_FREE_NULL). */
const noFreeBlock = 1;

/** A group's symbol table: addresses of its B-tree's root and its local heap. */
export interface GroupPlan {
  readonly btree: number;
  readonly heap: number;
  write(writer: ByteWriter, addressOf: (child: Hdf5Node) => number): void;
}

interface Entry {
  readonly child: Hdf5Node;
  readonly name: Uint8Array;
  /** Of the name in the heap. */
  readonly nameOffset: number;
}

/** A node of the B-tree or a symbol table node below it; `lastName` is its largest name's offset. */
interface TreeNode {
  readonly address: number;
  readonly lastName: number;
}

interface InnerNode extends TreeNode {
  readonly level: number;
  readonly children: readonly TreeNode[];
}

/** Reserves room for a group's symbol table (format specification, III.A and III.D). */
export function planGroup(group: Hdf5Group, allocate: (size: number) => number): GroupPlan {
  const entries: Entry[] = [];
  let heapSize = 8; // offset 0 is the empty name, the B-tree's lower bound
  for (const [name, child] of sortedChildren(group)) {
    const bytes = Buffer.from(`${name}\0`);
    entries.push({ child, name: bytes, nameOffset: heapSize });
    heapSize += roundUp8(bytes.length);
  }
  const heap = allocate(heapHeaderSize);
  const heapData = allocate(heapSize);

  const tables = chunk(entries, 2 * defaultLeafK).map((part) => ({
    address: allocate(symbolNodeSize),
    lastName: part.at(-1)!.nameOffset,
    entries: part,
  }));
  const inner: InnerNode[] = [];
  let level: readonly TreeNode[] = tables;
  for (let height = 0; height === 0 || level.length > 1; height += 1) {
    const parts = level.length === 0 ? [[]] : chunk(level, 2 * defaultInternalK);
    const above = parts.map((children) => ({
      address: allocate(btreeNodeSize),
      lastName: children.at(-1)?.lastName ?? 0,
      level: height,
      children,
    }));
    inner.push(...above);
    level = above;
  }

  const write = (writer: ByteWriter, addressOf: (child: Hdf5Node) => number): void => {
    writeHeap(writer, heap, heapData, heapSize, entries);
    for (const table of tables) writeSymbolNode(writer, table.address, table.entries, addressOf);
    for (let height = 0; height <= inner.at(-1)!.level; height += 1) {
      writeLevel(
        writer,
        inner.filter((node) => node.level === height),
      );
    }
  };
  return { btree: inner.at(-1)!.address, heap, write };
}

function chunk<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let at = 0; at < items.length; at += size) chunks.push(items.slice(at, at + size));
  return chunks;
}

function writeHeap(
  writer: ByteWriter,
  address: number,
  data: number,
  size: number,
  entries: readonly Entry[],
): void {
  writer.at = address;
  writer.text("HEAP");
  writer.skip(4);
  writer.u64(size);
  writer.u64(noFreeBlock);
  writer.u64(data);
  for (const { name, nameOffset } of entries) {
    writer.at = data + nameOffset;
    writer.put(name);
  }
}

function writeSymbolNode(
  writer: ByteWriter,
  address: number,
  entries: readonly Entry[],
  addressOf: (child: Hdf5Node) => number,
): void {
  writer.at = address;
  writer.text("SNOD");
  writer.u8(1);
  writer.skip(1);
  writer.u16(entries.length);
  for (const { child, nameOffset } of entries) {
    writer.u64(nameOffset);
    writer.u64(addressOf(child));
    writer.skip(24); // nothing cached
  }
}

/** Nodes of one level know their neighbours; each key is the largest name to its left. */
function writeLevel(writer: ByteWriter, nodes: readonly InnerNode[]): void {
  let before = 0;
  for (const [index, { address, level, children }] of nodes.entries()) {
    writer.at = address;
    writer.text("TREE");
    writer.u8(0);
    writer.u8(level);
    writer.u16(children.length);
    writer.u64(nodes[index - 1]?.address ?? undefinedAddress);
    writer.u64(nodes[index + 1]?.address ?? undefinedAddress);
    writer.u64(before);
    for (const child of children) {
      writer.u64(child.address);
      writer.u64(child.lastName);
      before = child.lastName;
    }
  }
}
