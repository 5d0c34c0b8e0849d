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
 * reader finds everything in one run and neighbours stay neighbours. Equal trees give equal bytes.
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

/** Values of one source stay in the order they have there; references to strings come first. */
function placeValues(
  nodes: readonly Hdf5Node[],
  strings: GlobalHeapPlan,
  space: Space,
): { segments: Segment[]; offsets: Map<Hdf5Dataset, number> } {
  const sources = new Map<
    ByteSource | null,
    { dataset: Hdf5Dataset; data: Uint8Array | ByteRange }[]
  >();
  sources.set(null, []);
  for (const dataset of nodes) {
    if (dataset.kind !== "dataset") continue;
    const data = holdsStrings(dataset)
      ? strings.references(dataset.data)
      : (dataset.data as ByteRange);
    if (data.length === 0) continue;
    const source = "source" in data ? data.source : null;
    const list = sources.get(source) ?? [];
    sources.set(source, list);
    list.push({ dataset, data });
  }
  const segments: Segment[] = [];
  const offsets = new Map<Hdf5Dataset, number>();
  let { end } = space;
  for (const list of sources.values()) {
    for (const { dataset, data } of list.toSorted((a, b) => offsetOf(a.data) - offsetOf(b.data))) {
      const offset = space.allocate(data.length);
      if (offset > end) segments.push(new Uint8Array(offset - end));
      segments.push(data);
      offsets.set(dataset, offset);
      end = offset + data.length;
    }
  }
  const fill = roundUp8(end) - end;
  if (fill > 0) segments.push(new Uint8Array(fill));
  return { segments, offsets };
}

function offsetOf(data: Uint8Array | ByteRange): number {
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
