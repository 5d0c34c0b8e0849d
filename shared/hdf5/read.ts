import type { ByteRange } from "../bytes/source.ts";
import { CleaveError, quote } from "../errors.ts";
import { checkLimit } from "../limits.ts";
import type { Cursor } from "./cursor.ts";
import { Hdf5File } from "./file.ts";
import { GlobalHeap } from "./global-heap.ts";
import type { Hdf5Attribute, Hdf5Group, Hdf5Node } from "./model.ts";
import { messageType, readObjectHeader, type Message } from "./object-header.ts";
import { readAttribute } from "./read-attribute.ts";
import { readDataset } from "./read-dataset.ts";
import { readLinks, type Link } from "./read-links.ts";
import { readSuperblock, type Superblock } from "./superblock.ts";

/** Objects examined at a time: enough to hide latency, few enough to bound memory. */
const concurrency = 64;

/**
 * Locates everything in an HDF5 file: its tree, attributes, and each dataset's values as a byte
 * range. Tensor values are not read, those of string datasets are.
 *
 * Reads what h5py writes by default: superblock 0 to 3, groups of symbol tables or link messages,
 * contiguous and compact datasets.
 *
 * @param range the whole file, or where it stands in another
 * @throws CleaveError `UNSUPPORTED` naming any other feature; `HDF5_INVALID` with the byte offset;
 *   `LIMIT_EXCEEDED`
 */
export async function readHdf5(range: ByteRange): Promise<Hdf5Group> {
  const file = new Hdf5File(range);
  const superblock = await readSuperblock(file);
  const heap = new GlobalHeap(file);
  const seen = new Set<number>();

  let root: Hdf5Node | undefined;
  const rootLink = { name: "", address: superblock.rootAddress };
  let level: Place[] = [{ link: rootLink, path: "", attach: (node) => (root = node) }];
  for (let depth = 0; level.length > 0; depth += 1) {
    checkLimit("hdf5Depth", depth, level[0]!.path);
    const next: Place[] = [];
    for (let from = 0; from < level.length; from += concurrency) {
      const batch = level.slice(from, from + concurrency);
      for (const { link, path } of batch) visitOnce(seen, link, path);
      const found = await Promise.all(
        batch.map(({ link, path }) => readObject(file, superblock, heap, link, path)),
      );
      for (const [index, { node, links, children }] of found.entries()) {
        const { attach, path } = batch[index]!;
        attach(node);
        for (const link of links) {
          const attachChild = (child: Hdf5Node): unknown => children.set(link.name, child);
          next.push({ link, path: `${path}/${link.name}`, attach: attachChild });
        }
      }
      checkLimit("hdf5Objects", seen.size + next.length, "HDF5 file");
    }
    level = next;
  }
  file.refuseOverlaps();
  if (root?.kind !== "group")
    throw new CleaveError("HDF5_INVALID", "The HDF5 root is not a group.");
  return root;
}

interface Place {
  readonly link: Link;
  /** With a leading slash; the root's is empty. */
  readonly path: string;
  readonly attach: (node: Hdf5Node) => unknown;
}

function visitOnce(seen: Set<number>, { address }: Link, path: string): void {
  if (seen.has(address)) {
    throw new CleaveError(
      "UNSUPPORTED",
      `${path}: a second hard link to one object (at byte ${address}), an alias or a cycle, which Keras never makes. Copy the object instead of linking it.`,
    );
  }
  seen.add(address);
}

async function readObject(
  file: Hdf5File,
  superblock: Superblock,
  heap: GlobalHeap,
  { address }: Link,
  path: string,
): Promise<{ node: Hdf5Node; links: Link[]; children: Map<string, Hdf5Node> }> {
  const where = path === "" ? "/" : quote(path).slice(1, -1);
  const messages = await readObjectHeader(file, address, where);
  const attributes = await readAttributes(messages, heap, where);
  const children = new Map<string, Hdf5Node>();
  if (messages.some(({ type }) => type === messageType.layout)) {
    const node = await readDataset(file, heap, messages, attributes, where);
    return { node, links: [], children };
  }
  const groupTypes: number[] = [messageType.symbolTable, messageType.linkInfo, messageType.link];
  if (!messages.some(({ type }) => groupTypes.includes(type))) {
    throw new CleaveError(
      "UNSUPPORTED",
      `${where}: its object header describes neither a group nor a dataset (a committed datatype, perhaps), which Keras never writes.`,
    );
  }
  const links = await readLinks(file, superblock, messages, where);
  const node: Hdf5Group = { kind: "group", attributes, children };
  return { node, links, children };
}

async function readAttributes(
  messages: readonly Message[],
  heap: GlobalHeap,
  where: string,
): Promise<Hdf5Attribute[]> {
  const attributes: Hdf5Attribute[] = [];
  for (const { type, body } of messages) {
    if (type === messageType.attribute) attributes.push(await readAttribute(body, heap, where));
    else if (type === messageType.attributeInfo) refuseDenseAttributes(body, where);
  }
  const names = new Set(attributes.map(({ name }) => name));
  if (names.size < attributes.length) {
    throw new CleaveError(
      "HDF5_INVALID",
      `${where}: two attributes have one name; the file is damaged.`,
    );
  }
  return attributes;
}

/** More attributes than an object header holds stand in a heap; Keras never has so many. */
function refuseDenseAttributes(info: Cursor, where: string): void {
  info.skip(1);
  if (info.u8() & 1) info.skip(2);
  if (info.address() === null) return;
  throw new CleaveError(
    "UNSUPPORTED",
    `${where}: attributes in dense storage (fractal heap), which Keras never writes. Rewrite the file with h5py's default options.`,
  );
}
