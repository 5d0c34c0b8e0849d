import type { ByteRange } from "../bytes/source.ts";
import { CleaveError } from "../errors.ts";
import { checkLimit } from "../limits.ts";
import { chunkGrid } from "./chunk-grid.ts";
import { readChunkIndex } from "./chunk-index.ts";
import { readChunkLayout } from "./chunk-layout.ts";
import { ChunkTable } from "./chunk-table.ts";
import type { Cursor } from "./cursor.ts";
import { elementCount, readExtent, sizeText, type Extent } from "./dataspace.ts";
import { littleEndian, readDatatype } from "./datatype.ts";
import type { Hdf5File } from "./file.ts";
import { readFilters, type Filter } from "./filters.ts";
import type { GlobalHeap } from "./global-heap.ts";
import { littleEndianRange } from "./little-endian-range.ts";
import type { Datatype, Hdf5Attribute, Hdf5Dataset, Shape } from "./model.ts";
import { messageType, type Message } from "./object-header.ts";
import type { PackedDataset } from "./packed.ts";
import type { Superblock } from "./superblock.ts";

export interface FileParts {
  readonly file: Hdf5File;
  readonly superblock: Superblock;
  readonly heap: GlobalHeap;
}

/** A dataset, and how its values are packed where they are no run of bytes yet. */
export interface ReadDataset {
  readonly node: Hdf5Dataset;
  readonly packed: PackedDataset | null;
}

/**
 * Reads where the values of a dataset stand: one run of bytes, or chunks, whose index is read and
 * checked. Numbers are in little-endian order in what this gives, whatever the file has.
 *
 * @param path as HDF5 takes it
 * @param where the same for messages
 * @throws CleaveError `UNSUPPORTED` for virtual and external storage; `HDF5_INVALID` where the
 *   stored bytes are not as many as the shape needs
 */
export async function readDataset(
  parts: FileParts,
  messages: readonly Message[],
  attributes: readonly Hdf5Attribute[],
  path: string,
  where: string,
): Promise<ReadDataset> {
  const body = (type: number): Cursor | undefined =>
    messages.find((message) => message.type === type)?.body;
  if (body(messageType.externalFiles) !== undefined) {
    throw new CleaveError(
      "UNSUPPORTED",
      `${where}: the values are in another file (external storage), which Keras refuses to load.`,
      { rule: "KH510" },
    );
  }
  const typeMessage = body(messageType.datatype);
  const spaceMessage = body(messageType.dataspace);
  const layoutMessage = body(messageType.layout);
  const filterMessage = body(messageType.filters);
  if (typeMessage === undefined || spaceMessage === undefined || layoutMessage === undefined) {
    throw new CleaveError(
      "HDF5_INVALID",
      `${where}: a dataset without type, shape or place; the file is damaged.`,
      { rule: "KH552" },
    );
  }
  const storedType = readDatatype(typeMessage);
  const datatype = littleEndian(storedType) ?? storedType;
  const extent = readExtent(spaceMessage, where);
  const filters = filterMessage === undefined ? [] : readFilters(filterMessage, where);
  const stored = readLayout(layoutMessage, where);
  const node = { kind: "dataset" as const, attributes, datatype, shape: extent.shape };
  if (stored.kind === "chunks") {
    refuseUnpackable(storedType, where);
    const packed = await readChunks(parts, stored.version, layoutMessage, {
      extent,
      datatype,
      filters,
      path,
      where,
    });
    const data = parts.file.values(0, 0, where); // until it is unpacked
    return { node: { ...node, data }, packed: packed.length === 0 ? null : packed };
  }
  if (filters.length > 0) layoutMessage.fail("filters on values that are not in chunks");
  const data = placeValues(parts.file, stored, storedType, extent.shape, where);
  if (storedType.class === "vlen-string") {
    checkLimit("stringElements", data.length / storedType.size, where);
    const references = await data.source.read(data.offset, data.length);
    const strings = await parts.heap.strings(references, data.offset, where);
    return { node: { ...node, data: strings }, packed: null };
  }
  const inOrder =
    datatype === storedType ? data : littleEndianRange(data, datatype.size as 2 | 4 | 8);
  return { node: { ...node, data: inOrder }, packed: null };
}

interface ChunkedDataset {
  readonly extent: Extent;
  readonly datatype: Datatype;
  readonly filters: readonly Filter[];
  readonly path: string;
  readonly where: string;
}

async function readChunks(
  { file, superblock }: FileParts,
  version: number,
  cursor: Cursor,
  { extent, datatype, filters, path, where }: ChunkedDataset,
): Promise<PackedDataset> {
  const { shape, most } = extent;
  if (shape === null || shape.length === 0) return cursor.fail("chunks of what has no dimensions");
  for (const [axis, length] of shape.entries()) {
    if ((most[axis] ?? length) < length) cursor.fail(`dimension ${axis} is beyond its own limit`);
  }
  const layout = readChunkLayout(cursor, version, shape.length, datatype.size, where);
  const grid = chunkGrid(shape, most, layout.chunk, where);
  const table = new ChunkTable(file, grid, layout, filters.length, where);
  await readChunkIndex(file, superblock, table);
  const { chunk, chunkBytes } = layout;
  // Not more than all chunks together, which have been counted.
  const length = (elementCount(shape) ?? 0) * datatype.size;
  const { chunks } = table;
  return { path, where, datatype, shape, chunk, chunkBytes, filters, chunks, length };
}

/** What libhdf5 would convert on reading, so that the bytes were not those of the datatype. */
function refuseUnpackable(datatype: Datatype, where: string): void {
  const { class: kind, name, size, encoded } = datatype;
  const isPlain = kind === "integer" || kind === "float" || kind === "bitfield";
  const isSwapped = isPlain ? (encoded[1]! & 1) === 1 && size > 1 : name.includes(">");
  const problem =
    kind === "vlen-string"
      ? "strings of variable length"
      : isSwapped && littleEndian(datatype) === undefined
        ? `big-endian values of datatype ${name}`
        : null;
  if (problem === null) return;
  throw new CleaveError(
    "UNSUPPORTED",
    `${where}: ${problem} in chunks are not supported; Keras never writes them. Rewrite the file with h5repack -l CONTI -f NONE.`,
    { rule: "KH560" },
  );
}

/** Where the values stand: an address of their own, inside the object header, or in chunks. */
type Stored =
  | {
      readonly kind: "run";
      readonly address: number | null;
      readonly length: number;
      readonly inHeader: boolean;
    }
  | { readonly kind: "chunks"; readonly version: number };

/** Reads a data layout message, versions 3 to 5, up to the chunks (specification, IV.A.2.i). */
function readLayout(cursor: Cursor, where: string): Stored {
  const version = cursor.u8();
  if (version < 3 || version > 5) {
    throw new CleaveError(
      "UNSUPPORTED",
      `${where}: HDF5 data layout version ${version} is not supported. Rewrite the file with h5repack.`,
      { rule: "KH563" },
    );
  }
  const layoutClass = cursor.u8();
  if (layoutClass === 0) {
    const length = cursor.u16();
    const address = cursor.fileOffset;
    cursor.skip(length);
    return { kind: "run", address, length, inHeader: true };
  }
  if (layoutClass === 1)
    return { kind: "run", address: cursor.address(), length: cursor.u64(), inHeader: false };
  if (layoutClass === 2) return { kind: "chunks", version };
  if (layoutClass !== 3) cursor.fail(`layout class ${layoutClass} is not known`, -1);
  throw new CleaveError(
    "UNSUPPORTED",
    `${where}: the values are stored in other datasets (virtual). Copy the values into the file.`,
    { rule: "KH514" },
  );
}

function placeValues(
  file: Hdf5File,
  { address, length, inHeader }: Stored & { kind: "run" },
  datatype: Datatype,
  shape: Shape,
  where: string,
): ByteRange {
  const needed = (elementCount(shape) ?? Number.POSITIVE_INFINITY) * datatype.size;
  if (address === null && needed === 0) return file.values(0, 0, where);
  if (address === null) {
    throw new CleaveError(
      "HDF5_INVALID",
      `${where}: the values were never written. Save the model again.`,
      { rule: "KH533" },
    );
  }
  if (needed !== length) {
    throw new CleaveError(
      "HDF5_INVALID",
      `${where}: shape [${shape?.join(", ")}] of datatype ${datatype.name} needs ${sizeText(needed)}, the size stored is ${length}. The file is damaged; take an intact copy.`,
      { rule: "KH522" },
    );
  }
  return inHeader ? file.valuesInHeader(address, length) : file.values(address, length, where);
}
