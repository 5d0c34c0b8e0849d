import { ByteWriter, roundUp8 } from "../bytes/byte-writer.ts";
import { layout, type Layout, type Segment } from "../bytes/layout.ts";
import type { ByteRange, ByteSource } from "../bytes/source.ts";
import { GlobalHeapPlan } from "./lay-out-global-heap.ts";
import { planGroup, type GroupPlan } from "./lay-out-group.ts";
import { headerSize, writeHeader } from "./lay-out-header.ts";
import type { Hdf5Dataset, Hdf5Group, Hdf5Node } from "./model.ts";
import { defaultInternalK, defaultLeafK, signature } from "./superblock.ts";
import { allNodes, holdsStrings } from "./tree.ts";

const superblockSize = 96;
const undefinedAddress = 0xffff_ffff_ffff_ffffn;

export interface Hdf5Layout extends Layout {
  /** Where the values of each dataset stand in the file; empty datasets have no place. */
  readonly offsets: ReadonlyMap<Hdf5Dataset, number>;
}

/**
 * Plans an HDF5 file in one canonical form: superblock 0, groups of symbol tables, version 1
 * object headers, contiguous datasets; readable by every HDF5 since 1.6 and so by every Keras.
 *
 * ```
 * superblock | headers, B-trees, heaps of all groups and datasets | strings | values of tensors
 * ```
 *
 * All metadata stands in front and the values after it in the order of their sources, so that a
 * reader finds everything in one run and neighbours stay neighbours, at the distance they have there
 * where they are large. Equal trees whose values stand alike in their sources give equal bytes.
 */
export function layOutHdf5(root: Hdf5Group): Hdf5Layout {
  const nodes = allNodes(root).map(({ node }) => node);
  const strings = new GlobalHeapPlan();
  const space = new Space(superblockSize);
  const headers = new Map<Hdf5Node, number>();
  for (const node of nodes) {
    headers.set(node, space.allocate(headerSize(node)));
    if (node.kind === "group") planGroup(node, space.allocate);
    for (const owner of [...node.attributes, node]) {
      if ("data" in owner && holdsStrings(owner)) strings.add(owner.data);
    }
  }
  strings.place(space.allocate);

  const metadataEnd = space.end;
  const { segments, offsets } = placeValues(nodes, strings, space);

  const writer = new ByteWriter(new Uint8Array(metadataEnd));
  for (const node of nodes) {
    const header = headers.get(node)!;
    writer.at = header;
    if (node.kind === "dataset") {
      writeHeader(writer, node, { values: offsets.get(node) ?? undefinedAddress }, strings);
      continue;
    }
    // Planned once more: to hold the plans of all groups takes more than to make them.
    const plan = planGroup(node, new Space(header + roundUp8(headerSize(node))).allocate);
    writeHeader(writer, node, plan, strings);
    plan.write(writer, (child) => headers.get(child)!);
    if (node === root) writeSuperblock(writer, header, plan, space.end);
  }
  strings.write(writer);
  return { ...layout([writer.bytes, ...segments]), offsets };
}

/** Addresses in the file, each behind the one before it. */
class Space {
  end: number;

  constructor(start: number) {
    this.end = start;
  }

  readonly allocate = (size: number): number => {
    const address = this.end;
    this.end += roundUp8(size);
    return address;
  };
}

interface Value {
  readonly dataset: Hdf5Dataset;
  readonly data: Uint8Array | ByteRange;
}

/** Values of one source stay in the order they have there; references to strings come first. */
function placeValues(
  nodes: readonly Hdf5Node[],
  strings: GlobalHeapPlan,
  space: Space,
): { segments: Segment[]; offsets: Map<Hdf5Dataset, number> } {
  const segments: Segment[] = [];
  const offsets = new Map<Hdf5Dataset, number>();
  let { end } = space;
  const put = (segment: Segment): void => {
    segments.push(segment);
    end += segment.length;
  };
  for (const values of valuesBySource(nodes, strings)) {
    const ordered = values.toSorted((a, b) => offsetOf(a.data) - offsetOf(b.data));
    const joined = joins(ordered);
    for (const [index, { dataset, data }] of ordered.entries()) {
      const between = joined ? gapBefore(ordered, index) : null;
      if (between !== null && between.length > 0) put(between);
      else if (!joined && roundUp8(end) > end) put(new Uint8Array(roundUp8(end) - end));
      offsets.set(dataset, end);
      put(data);
    }
  }
  if (roundUp8(end) > end) put(new Uint8Array(roundUp8(end) - end));
  space.allocate(end - space.end);
  return { segments, offsets };
}

function valuesBySource(nodes: readonly Hdf5Node[], strings: GlobalHeapPlan): Value[][] {
  const sources = new Map<ByteSource | null, Value[]>([[null, []]]);
  for (const dataset of nodes) {
    if (dataset.kind !== "dataset") continue;
    const data = holdsStrings(dataset)
      ? strings.references(dataset.data)
      : (dataset.data as ByteRange);
    if (data.length === 0) continue;
    const source = "source" in data ? data.source : null;
    const values = sources.get(source) ?? [];
    sources.set(source, values);
    values.push({ dataset, data });
  }
  return [...sources.values()];
}

/** Below this nothing is copied inside a store, which takes ranges of large files alone. */
const joinFrom = 8 * 1024 * 1024;
/** What stands between two tensors that Keras has written after each other is far less. */
const longestGap = 64 * 1024;
/** The most that all gaps may be of the values. */
const gapShare = 1 / 16;

/**
 * Whether values keep the distance they have in their source, with what stands between them there,
 * so that they are one range of it: that is one copy inside a store, where every value for itself
 * would be too small to be copied, or a request of its own.
 */
function joins(ordered: readonly Value[]): boolean {
  let size = 0;
  let gaps = 0;
  for (const [index, { data }] of ordered.entries()) {
    if (!("source" in data)) return false;
    size += data.length;
    gaps += gapBefore(ordered, index)?.length ?? 0;
  }
  return size >= joinFrom && gaps <= size * gapShare;
}

/** What stands in the source between a value and the one before; null where they are far apart. */
function gapBefore(ordered: readonly Value[], index: number): ByteRange | null {
  const before = ordered[index - 1]?.data;
  const after = ordered[index]!.data;
  if (before === undefined || !("source" in before && "source" in after)) return null;
  const offset = before.offset + before.length;
  const length = after.offset - offset;
  return length >= 0 && length <= longestGap ? { source: after.source, offset, length } : null;
}

function offsetOf(data: Value["data"]): number {
  return "source" in data ? data.offset : 0;
}

/** Version 0 (format specification, II.A), with the root group's addresses cached as libhdf5 does. */
function writeSuperblock(
  writer: ByteWriter,
  root: number,
  { btree, heap }: GroupPlan,
  endOfFile: number,
): void {
  writer.at = 0;
  writer.put(signature);
  writer.skip(5); // versions, all 0
  writer.u8(8); // bytes in an offset
  writer.u8(8); // bytes in a length
  writer.skip(1);
  writer.u16(defaultLeafK);
  writer.u16(defaultInternalK);
  writer.skip(4);
  writer.u64(0);
  writer.u64(undefinedAddress);
  writer.u64(endOfFile);
  writer.u64(undefinedAddress);
  writer.u64(0);
  writer.u64(root);
  writer.u32(1);
  writer.skip(4);
  writer.u64(btree);
  writer.u64(heap);
}
