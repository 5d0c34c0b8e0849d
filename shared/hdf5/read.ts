import type { ByteRange } from "../bytes/source.ts";
import { CleaveError, quote } from "../errors.ts";
import { checkLimit } from "../limits.ts";
import { Hdf5File } from "./file.ts";
import { GlobalHeap } from "./global-heap.ts";
import type { Hdf5Dataset, Hdf5Group, Hdf5Node } from "./model.ts";
import { messageType, readObjectHeader } from "./object-header.ts";
import { refusePacked, type PackedDataset, type Unpack } from "./packed.ts";
import { readAttributes } from "./read-attributes.ts";
import { readDataset, type FileParts } from "./read-dataset.ts";
import { readLinks, type Link } from "./read-links.ts";
import { readSuperblock } from "./superblock.ts";

/**
 * Objects examined at a time: of a file few enough that what is made for them is gone before the
 * collector takes it for lasting; of a remote one enough to hide latency.
 */
const concurrency = { local: 16, remote: 256 };

/**
 * Locates everything in an HDF5 file: its tree, attributes, and each dataset's values as a byte
 * range. Tensor values are not read, those of string datasets are.
 *
 * Reads superblock 0 to 3, groups of symbol tables, link messages or a heap of links, contiguous,
 * compact and chunked datasets. Big-endian numbers are given in little-endian order.
 *
 * @param range the whole file, or where it stands in another
 * @param unpack makes runs of bytes of datasets in chunks, all of which it gets in one call, after
 *   everything else has been read and found sound; without it they are refused as `UNSUPPORTED`
 * @throws CleaveError `UNSUPPORTED` naming any other feature; `HDF5_INVALID` with the byte offset;
 *   `LIMIT_EXCEEDED`
 */
export async function readHdf5(range: ByteRange, unpack?: Unpack): Promise<Hdf5Group> {
  return (await locateHdf5(range, unpack)).root;
}

/** A file's tree, and what of the file belongs to nothing in it. */
export interface LocatedHdf5 {
  readonly root: Hdf5Group;
  /** Free space between structures, which libhdf5 leaves where it moved one. */
  readonly unused: readonly ByteRange[];
  /** Bytes behind the end that the superblock states; null where there are none. */
  readonly trailing: ByteRange | null;
}

/** As `readHdf5`, with an account of all bytes. */
export async function locateHdf5(range: ByteRange, unpack?: Unpack): Promise<LocatedHdf5> {
  const file = new Hdf5File(range);
  const superblock = await readSuperblock(file);
  const parts: FileParts = { file, superblock, heap: new GlobalHeap(file) };
  const members = new Map<string, Hdf5Node>();
  const root = { link: { name: "", address: superblock.rootAddress }, path: "", depth: 0, members };
  const { packed, datasetCount } = await readAll(parts, root);
  file.refuseOverlaps();
  const tree = members.get("");
  if (tree?.kind !== "group")
    throw new CleaveError("HDF5_INVALID", "The HDF5 root is not a group.");
  const [first] = packed;
  if (first !== undefined) {
    if (unpack === undefined) refusePacked(first.dataset);
    const datasets = packed.map(({ dataset }) => dataset);
    const unpacked = await unpack({ range, datasets, datasetCount });
    for (const [index, { place, node }] of packed.entries()) {
      place.members.set(place.link.name, { ...node, data: unpacked[index]! });
    }
  }
  return { root: tree, unused: file.unused, trailing: file.trailing };
}

/** An object to be read. */
interface Place {
  readonly link: Link;
  /** With a leading slash; the root's is empty. */
  readonly path: string;
  readonly depth: number;
  /** Of the group that it belongs to. */
  readonly members: Map<string, Hdf5Node>;
}

interface Packed {
  readonly place: Place;
  readonly node: Hdf5Dataset;
  readonly dataset: PackedDataset;
}

/** Holds a member's place in the order of its group, until it is read. */
const unread: Hdf5Node = { kind: "group", attributes: [], children: new Map() };

/**
 * Reads all objects, several at a time, the deepest first: what stands beside a group's header, its
 * members often, is then still at hand.
 */
async function readAll(
  parts: FileParts,
  root: Place,
): Promise<{ packed: Packed[]; datasetCount: number }> {
  const most = parts.file.isRemote ? concurrency.remote : concurrency.local;
  const seen = new Set<number>();
  /** The next one last. */
  const waiting: Place[] = [];
  const packed: Packed[] = [];
  let datasetCount = 0;
  const add = (places: readonly Place[]): void => {
    checkLimit("hdf5Objects", seen.size + places.length, "HDF5 file");
    for (const { link, path } of places) visitOnce(seen, link, path);
    for (const place of places.toReversed()) waiting.push(place);
  };
  const readOne = async (place: Place): Promise<void> => {
    const { node, links, children, dataset } = await readObject(parts, place);
    place.members.set(place.link.name, node);
    if (node.kind === "dataset") {
      datasetCount += 1;
      if (dataset !== null) packed.push({ place, node, dataset });
    }
    if (links.length === 0) return;
    const depth = place.depth + 1;
    checkLimit("hdf5Depth", depth, place.path);
    for (const { name } of links) children.set(name, unread);
    add(
      links.map((link) => {
        return { link, path: `${place.path}/${link.name}`, depth, members: children };
      }),
    );
  };
  add([root]);
  await new Promise<void>((resolve, reject) => {
    let reading = 0;
    const next = async (place: Place): Promise<void> => {
      try {
        await readOne(place);
        reading -= 1;
        advance();
      } catch (error) {
        waiting.length = 0;
        reject(error);
      }
    };
    const advance = (): void => {
      if (waiting.length === 0 && reading === 0) resolve();
      while (waiting.length > 0 && reading < most) {
        reading += 1;
        void next(waiting.pop()!);
      }
    };
    advance();
  });
  // Whichever was read first.
  packed.sort((a, b) => a.place.link.address - b.place.link.address);
  return { packed, datasetCount };
}

function visitOnce(seen: Set<number>, { address }: Link, path: string): void {
  if (seen.has(address)) {
    throw new CleaveError(
      "UNSUPPORTED",
      `${path}: a second hard link to one object (at byte ${address}), an alias or a cycle, which Keras never makes. Copy the object instead of linking it.`,
      { rule: "KH513" },
    );
  }
  seen.add(address);
}

interface ReadObject {
  readonly node: Hdf5Node;
  readonly links: readonly Link[];
  readonly children: Map<string, Hdf5Node>;
  /** How the values are packed, of a dataset whose are. */
  readonly dataset: PackedDataset | null;
}

async function readObject(parts: FileParts, { link, path }: Place): Promise<ReadObject> {
  const where = path === "" ? "/" : quote(path).slice(1, -1);
  const messages = await readObjectHeader(parts.file, link.address, where);
  const attributes = await readAttributes(parts, messages, where);
  const children = new Map<string, Hdf5Node>();
  if (messages.some(({ type }) => type === messageType.layout)) {
    const { node, packed } = await readDataset(parts, messages, attributes, path, where);
    return { node, links: [], children, dataset: packed };
  }
  const groupTypes: number[] = [messageType.symbolTable, messageType.linkInfo, messageType.link];
  if (!messages.some(({ type }) => groupTypes.includes(type))) {
    throw new CleaveError(
      "UNSUPPORTED",
      `${where}: its object header describes neither a group nor a dataset (a committed datatype, perhaps), which Keras never writes.`,
      { rule: "KH563" },
    );
  }
  const links = await readLinks(parts.file, parts.superblock, messages, where);
  const node: Hdf5Group = { kind: "group", attributes, children };
  return { node, links, children, dataset: null };
}
