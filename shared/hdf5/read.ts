import type { ByteRange } from "../bytes/source.ts";
import { CleaveError, quote } from "../errors.ts";
import { checkLimit } from "../limits.ts";
import { Hdf5File } from "./file.ts";
import { GlobalHeap } from "./global-heap.ts";
import type { Hdf5Group, Hdf5Node } from "./model.ts";
import { messageType, readObjectHeader } from "./object-header.ts";
import { refusePacked, type PackedDataset, type Unpack } from "./packed.ts";
import { readAttributes } from "./read-attributes.ts";
import { readDataset, type FileParts } from "./read-dataset.ts";
import { readLinks, type Link } from "./read-links.ts";
import { readSuperblock } from "./superblock.ts";

/**
 * Objects examined at a time: enough to hide latency, and few enough that what is made for them is
 * gone before the collector takes it for lasting.
 */
const concurrency = 16;

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
  const file = new Hdf5File(range);
  const superblock = await readSuperblock(file);
  const parts: FileParts = { file, superblock, heap: new GlobalHeap(file) };
  const seen = new Set<number>();
  const packed: { place: Place; node: Hdf5Node; dataset: PackedDataset }[] = [];
  let datasetCount = 0;

  let root: Hdf5Node | undefined;
  const rootLink = { name: "", address: superblock.rootAddress };
  /** The next ones last: siblings, then what is below them, which stands beside them in the file. */
  const open: Place[] = [{ link: rootLink, path: "", depth: 0, attach: (node) => (root = node) }];
  while (open.length > 0) {
    const batch = open.splice(-concurrency).toReversed();
    for (const { link, path, depth } of batch) {
      checkLimit("hdf5Depth", depth, path);
      visitOnce(seen, link, path);
    }
    const found = await Promise.all(batch.map((place) => readObject(parts, place)));
    const below: Place[] = [];
    for (const [index, { node, links, children, dataset }] of found.entries()) {
      const place = batch[index]!;
      place.attach(node);
      if (node.kind === "dataset") datasetCount += 1;
      if (dataset !== null) packed.push({ place, node, dataset });
      for (const link of links) {
        const attach = (child: Hdf5Node): unknown => children.set(link.name, child);
        const path = `${place.path}/${link.name}`;
        below.push({ link, path, depth: place.depth + 1, attach });
      }
    }
    for (const place of below.toReversed()) open.push(place);
    checkLimit("hdf5Objects", seen.size + open.length, "HDF5 file");
  }
  file.refuseOverlaps();
  if (root?.kind !== "group")
    throw new CleaveError("HDF5_INVALID", "The HDF5 root is not a group.");
  const [first] = packed;
  if (first !== undefined) {
    if (unpack === undefined) return refusePacked(first.dataset);
    const datasets = packed.map(({ dataset }) => dataset);
    const unpacked = await unpack({ range, datasets, datasetCount });
    for (const [index, { place, node }] of packed.entries()) {
      if (node.kind === "dataset") place.attach({ ...node, data: unpacked[index]! });
    }
  }
  return root;
}

interface Place {
  readonly link: Link;
  /** With a leading slash; the root's is empty. */
  readonly path: string;
  readonly depth: number;
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
    );
  }
  const links = await readLinks(parts.file, parts.superblock, messages, where);
  const node: Hdf5Group = { kind: "group", attributes, children };
  return { node, links, children, dataset: null };
}
