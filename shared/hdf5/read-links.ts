import { compareUtf8 } from "../bytes/compare-utf8.ts";
import { CleaveError, quote } from "../errors.ts";
import { checkLimit } from "../limits.ts";
import { decodeText } from "./attributes.ts";
import { linkNameIndex, readBTree2 } from "./btree2.ts";
import { Cursor } from "./cursor.ts";
import type { Hdf5File } from "./file.ts";
import { readFractalHeap } from "./fractal-heap.ts";
import { messageType, type Message } from "./object-header.ts";
import type { Superblock } from "./superblock.ts";

/** A hard link: a name and the address of the object it names. */
export interface Link {
  readonly name: string;
  readonly address: number;
}

/**
 * The links of a group, in byte order of their names, from a symbol table, link messages or a
 * heap of links.
 *
 * @throws CleaveError `UNSUPPORTED` for soft and external links
 */
export async function readLinks(
  file: Hdf5File,
  superblock: Superblock,
  messages: readonly Message[],
  path: string,
): Promise<Link[]> {
  let links: Link[] = [];
  for (const { type, body } of messages) {
    if (type === messageType.symbolTable) {
      links = links.concat(await readSymbolTable(file, superblock, body, path));
    } else if (type === messageType.link) {
      links.push(readLinkMessage(body, path));
    } else if (type === messageType.linkInfo) {
      links = links.concat(await readDenseLinks(file, body, path));
    }
  }
  checkLimit("hdf5Links", links.length, path);
  const names = new Set(links.map(({ name }) => name));
  if (names.size < links.length) {
    throw new CleaveError("HDF5_INVALID", `${path}: two links have one name; the file is damaged.`);
  }
  return links.toSorted((a, b) => compareUtf8(a.name, b.name));
}

/**
 * Links that are too many for the object header stand in a fractal heap, with an index by name
 * (format specification, IV.A.2.c). libhdf5 keeps them there where a name is not ASCII, which
 * symbol tables cannot say, so a legacy file with such layer names has them.
 */
async function readDenseLinks(file: Hdf5File, info: Cursor, path: string): Promise<Link[]> {
  info.skip(1);
  if (info.u8() & 1) info.skip(8);
  const heapAddress = info.address();
  const indexAddress = info.address();
  if (heapAddress === null) return [];
  if (indexAddress === null) info.fail("a heap of links without an index", -8);
  const heap = await readFractalHeap(file, heapAddress, path);
  const records = await readBTree2(file, indexAddress, linkNameIndex, path);
  return records.map((record) => {
    const message = heap.object(record.subarray(4, 4 + heap.idLength)); // after the name's hash
    return readLinkMessage(new Cursor(message, heapAddress, `${path}: link`), path);
  });
}

/** A group of HDF5's original format: a B-tree of symbol table nodes, names in a local heap. */
async function readSymbolTable(
  file: Hdf5File,
  superblock: Superblock,
  body: Cursor,
  path: string,
): Promise<Link[]> {
  const [root, heap] = [body.u64(), body.u64()];
  const [names, nodes] = await Promise.all([
    readLocalHeap(file, heap, path),
    readBTree(file, superblock, root, path),
  ]);
  const tables = await Promise.all(
    nodes.map(async (node) => {
      const links = await readSymbolNode(file, superblock, node.address, names, path);
      refuseOutside(node, links, names, path);
      return links;
    }),
  );
  const links = tables.flat();
  checkLimit("hdf5Links", links.length, path);
  for (const [index, link] of links.entries()) {
    const before = links[index - 1];
    // libhdf5 finds a name by bisection: out of order, some names would exist for us only.
    if (before !== undefined && compareUtf8(before.name, link.name) >= 0) {
      throw new CleaveError(
        "HDF5_INVALID",
        `${path}: the links ${quote(before.name)} and ${quote(link.name)} are not in order; the file is damaged.`,
        { rule: "KH550" },
      );
    }
  }
  return links;
}

/** A node below a B-tree node; its names come after `above` and not after `last`, by places in the heap. */
interface Child {
  readonly address: number;
  readonly above: number;
  readonly last: number;
}

/** libhdf5 finds a name by these bounds: outside of them, it would exist for us only. */
function refuseOutside(
  { above, last }: Child,
  links: readonly Link[],
  names: Cursor,
  path: string,
): void {
  const [low, high] = [above, last].map((offset) => {
    if (offset >= names.bytes.length) names.fail("a key of the B-tree outside the heap");
    names.at = offset;
    return names.cString();
  });
  const first = links[0]?.name;
  const end = links.at(-1)?.name;
  if (first === undefined || end === undefined) return;
  const isInside =
    Buffer.compare(low!, Buffer.from(first)) < 0 && Buffer.compare(Buffer.from(end), high!) <= 0;
  if (isInside) return;
  throw new CleaveError(
    "HDF5_INVALID",
    `${path}: the links ${quote(first)} to ${quote(end)} are not within the bounds that the B-tree has for them; the file is damaged.`,
    { rule: "KH550" },
  );
}

/** The symbol table nodes of a group, in order of their names. */
async function readBTree(
  file: Hdf5File,
  superblock: Superblock,
  root: number,
  path: string,
): Promise<Child[]> {
  let level: number | undefined;
  let addresses = [root];
  let children: readonly Child[] = [];
  for (let depth = 0; level !== 0; depth += 1) {
    checkLimit("btreeDepth", depth, path);
    const nodes = await Promise.all(
      addresses.map((address) => readBTreeNode(file, superblock, address, level, path)),
    );
    level = nodes[0]?.level ?? 0;
    children = nodes.flatMap((node) => node.children);
    addresses = children.map(({ address }) => address);
    checkLimit("hdf5Links", addresses.length, path);
    if (new Set(addresses).size < addresses.length) {
      throw new CleaveError(
        "HDF5_INVALID",
        `${path}: a B-tree node has two parents; the file is damaged.`,
        { rule: "KH550" },
      );
    }
  }
  return [...children];
}

async function readBTreeNode(
  file: Hdf5File,
  { internalK }: Superblock,
  address: number,
  parentLevel: number | undefined,
  path: string,
): Promise<{ level: number; children: Child[] }> {
  const length = 24 + 2 * internalK * 8 + (2 * internalK + 1) * 8;
  const cursor = await file.structure(address, length, `${path}: B-tree node`);
  cursor.signature("TREE");
  const type = cursor.u8();
  if (type !== 0) cursor.fail(`node type ${type} where a group's is 0`, -1);
  const level = cursor.u8();
  const used = cursor.u16();
  if (parentLevel !== undefined && level !== parentLevel - 1) {
    cursor.fail(`level ${level} below level ${parentLevel}`, -3);
  }
  if (used > 2 * internalK) cursor.fail(`${used} children, at most ${2 * internalK} fit`, -2);
  if (used === 0 && level > 0) cursor.fail("an inner node without children", -2);
  cursor.skip(16);
  let above = cursor.u64();
  const children = Array.from({ length: used }, () => {
    const [child, last] = [cursor.u64(), cursor.u64()];
    const bounds = { address: child, above, last };
    above = last;
    return bounds;
  });
  return { level, children };
}

async function readSymbolNode(
  file: Hdf5File,
  { leafK }: Superblock,
  address: number,
  names: Cursor,
  path: string,
): Promise<Link[]> {
  const cursor = await file.structure(address, 8 + 2 * leafK * 40, `${path}: symbol table node`);
  cursor.signature("SNOD");
  const version = cursor.u8();
  if (version !== 1) cursor.fail(`version ${version} is not known`, -1);
  cursor.skip(1);
  const count = cursor.u16();
  if (count > 2 * leafK) cursor.fail(`${count} entries, at most ${2 * leafK} fit`, -2);
  return Array.from({ length: count }, () => {
    const nameOffset = cursor.u64();
    if (nameOffset >= names.bytes.length) cursor.fail("a name outside the heap", -8);
    names.at = nameOffset;
    const name = linkName(names.cString(), path);
    const target = cursor.address(); // undefined of a soft link
    const cacheType = cursor.u32();
    if (cacheType === 2) refuseLink("soft", name, path);
    if (cacheType > 2) cursor.fail(`entry type ${cacheType} is not known`, -4);
    if (target === null) return cursor.fail(`${quote(name)} points nowhere`, -12);
    cursor.skip(20);
    return { name, address: target };
  });
}

/** The names of a group, which links give by their places in it (format specification, III.D). */
export async function readLocalHeap(
  file: Hdf5File,
  address: number,
  path: string,
): Promise<Cursor> {
  const head = await file.structure(address, 32, `${path}: local heap`);
  head.signature("HEAP");
  const version = head.u8();
  if (version !== 0) head.fail(`version ${version} is not known`, -1);
  head.skip(3);
  const size = head.u64();
  head.skip(8);
  const data = head.u64();
  checkLimit("heapBytes", size, path);
  return file.structure(data, size, `${path}: local heap data`);
}

/** A link message of the newer group format (format specification, IV.A.2.g). */
function readLinkMessage(body: Cursor, path: string): Link {
  const version = body.u8();
  if (version !== 1) body.fail(`version ${version} is not known`, -1);
  const flags = body.u8();
  const type = flags & 0x08 ? body.u8() : 0;
  if (flags & 0x04) body.skip(8);
  if (flags & 0x10) body.skip(1);
  const name = linkName(body.take(body.uint(1 << (flags & 3))), path);
  if (type !== 0) refuseLink(type === 1 ? "soft" : "external", name, path);
  return { name, address: body.u64() };
}

function refuseLink(kind: "soft" | "external", name: string, path: string): never {
  throw new CleaveError(
    "UNSUPPORTED",
    `${path}: ${quote(name)} is ${kind === "soft" ? "a soft" : "an external"} link, which Keras neither writes nor loads. Copy what it points to into the file.`,
    { rule: kind === "soft" ? "KH512" : "KH511" },
  );
}

/** @throws CleaveError `HDF5_INVALID` where the bytes are no name */
export function linkName(bytes: Uint8Array, path: string): string {
  checkLimit("nameBytes", bytes.length, path);
  const name = decodeText(bytes, `${path}: link name`);
  if (name === "" || name === "." || name === ".." || /[/\0]/.test(name)) {
    throw new CleaveError(
      "HDF5_INVALID",
      `${path}: ${quote(name)} is not a name for a link; the file is damaged.`,
      { rule: "KH554" },
    );
  }
  return name;
}
