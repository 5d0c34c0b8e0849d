import { roundUp8 } from "../bytes/byte-writer.ts";
import { CleaveError } from "../errors.ts";
import { limitOf } from "../limits.ts";
import type { Cursor } from "./cursor.ts";
import type { Hdf5File } from "./file.ts";
import { messageType, type Message } from "./object-header.ts";
import { linkName, readLinks, readLocalHeap } from "./read-links.ts";
import type { Superblock } from "./superblock.ts";

/** An object that a group links to, by what is left of the group. */
export interface SurvivingLink {
  /** Null where the heap of names is lost. */
  readonly name: string | null;
  readonly address: number;
  /**
   * What the link itself says of the object, so that it counts even where it is lost: the tables of
   * a group, "dataset", or null where the link says nothing.
   */
  readonly target: SymbolTable | "dataset" | null;
}

/** Where the links and the names of a group stand (format specification, IV.A.2.r). */
export interface SymbolTable {
  readonly tree: number;
  readonly heap: number;
}

export interface SurvivingLinks {
  readonly links: readonly SurvivingLink[];
  /** Whether there were more. */
  readonly isPartial: boolean;
}

/** What stands behind the cut is missed; a failing medium is no cut. */
export async function ifThere<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch((error: unknown) => {
    if (error instanceof CleaveError && error.code === "IO") throw error;
    return undefined;
  });
}

/**
 * The links of a group in a file that was cut. Nodes of a symbol table stand all over a file that
 * grew, and its names stand near the end, as their heap moves when it grows: the nodes that are left
 * are read one by one, and names are done without where they are lost.
 */
export async function survivingLinks(
  file: Hdf5File,
  superblock: Superblock,
  messages: readonly Message[],
): Promise<SurvivingLinks> {
  const table = messages.find(({ type }) => type === messageType.symbolTable);
  if (table !== undefined) {
    const tables = { tree: table.body.u64(), heap: table.body.u64() };
    return survivingEntries(file, superblock, tables);
  }
  const links = await ifThere(readLinks(file, superblock, messages, "group"));
  return {
    links: (links ?? []).map(({ name, address }) => ({ name, address, target: null })),
    isPartial: links === undefined,
  };
}

/** Of all symbol table nodes below a B-tree (format specification, III.A.1 and III.B). */
export async function survivingEntries(
  file: Hdf5File,
  { leafK, internalK }: Superblock,
  { tree, heap }: SymbolTable,
): Promise<SurvivingLinks> {
  const names = await ifThere(readLocalHeap(file, heap, "group"));
  const links: SurvivingLink[] = [];
  let isPartial = false;
  let level = [tree];
  for (let depth = 0; level.length > 0; depth += 1) {
    const next: number[] = [];
    for (const address of level) {
      const node = await ifThere(readNode(file, address, { leafK, internalK }, names));
      if (node === undefined || depth > limitOf("btreeDepth") + 1) isPartial = true;
      else if (node.kind === "tree") next.push(...node.children);
      else links.push(...node.links);
    }
    const isTooLong = links.length + next.length > limitOf("hdf5Links");
    if (isTooLong) isPartial = true;
    level = isTooLong ? [] : next;
  }
  return { links, isPartial };
}

type Node =
  | { readonly kind: "tree"; readonly children: readonly number[] }
  | { readonly kind: "table"; readonly links: readonly SurvivingLink[] };

async function readNode(
  file: Hdf5File,
  address: number,
  { leafK, internalK }: Pick<Superblock, "leafK" | "internalK">,
  names: Cursor | undefined,
): Promise<Node> {
  const mark = Buffer.from((await file.peek(address, 4, "node")).bytes).toString("latin1");
  if (mark === "TREE") {
    const length = 24 + 2 * internalK * 8 + (2 * internalK + 1) * 8;
    const cursor = await file.structure(address, length, "B-tree node");
    cursor.skip(6);
    const used = Math.min(cursor.u16(), 2 * internalK);
    cursor.skip(16);
    const children = Array.from({ length: used }, () => {
      cursor.skip(8);
      return cursor.u64();
    });
    return { kind: "tree", children };
  }
  const cursor = await file.structure(address, 8 + 2 * leafK * 40, "symbol table node");
  cursor.signature("SNOD");
  cursor.skip(2);
  const used = Math.min(cursor.u16(), 2 * leafK);
  return { kind: "table", links: Array.from({ length: used }, () => readEntry(cursor, names)) };
}

/** libhdf5 keeps the tables of a group in the entry of whoever links to it (H5Glink.c). */
export function readEntry(cursor: Cursor, names: Cursor | undefined): SurvivingLink {
  const nameOffset = cursor.u64();
  const address = cursor.u64();
  const cacheType = cursor.u32();
  cursor.skip(4);
  const scratch = cursor.at;
  const target = cacheType === 1 ? { tree: cursor.u64(), heap: cursor.u64() } : "dataset";
  cursor.at = scratch + 16;
  return { name: nameAt(nameOffset, names), address, target };
}

function nameAt(offset: number, names: Cursor | undefined): string | null {
  if (names === undefined || offset >= names.bytes.length) return null;
  try {
    names.at = offset;
    const name = linkName(names.cString(), "group");
    return isCutShort(names, offset) ? null : name;
  } catch (error) {
    if (error instanceof CleaveError) return null; // of a name that is damaged, the tensor is left
    throw error;
  }
}

/**
 * Whether there are zeros where nothing of the kind can be: a name is filled up to 8 bytes, and behind it
 * stand another or a free block, which begins with a number (format specification, III.D; H5HL.c).
 */
function isCutShort(names: Cursor, offset: number): boolean {
  const next = offset + roundUp8(names.at - offset);
  const block = names.bytes.subarray(next, next + 8);
  return block.length === 8 && block.every((byte) => byte === 0);
}
