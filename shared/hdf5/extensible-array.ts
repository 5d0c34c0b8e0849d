import { checkLimit } from "../limits.ts";
import { arrayElements, type ArrayElements } from "./chunk-array.ts";
import type { ChunkTable } from "./chunk-table.ts";
import type { Cursor } from "./cursor.ts";
import type { Hdf5File } from "./file.ts";
import { isSet } from "./fixed-array.ts";
import { expectChecksum, expectVersion, littleEndian } from "./fractal-heap.ts";

const headerSize = 72;
const checksumSize = 4;

interface ExtensibleArray {
  readonly file: Hdf5File;
  readonly address: number;
  readonly client: number;
  readonly elements: ArrayElements;
  /** Elements in the index block; blocks count their places from behind these. */
  readonly inIndex: number;
  /** Bytes of a place in the array, in the headers of blocks. */
  readonly offsetBytes: number;
  /** Elements of a page; larger data blocks are divided into pages. */
  readonly pageSize: number;
  readonly what: string;
}

/** Data blocks of one size that stand beside each other. */
interface SuperBlock {
  /** Its first element's place in the array. */
  readonly start: number;
  readonly blocks: number;
  /** Elements of each of its data blocks. */
  readonly size: number;
}

/**
 * Reads an extensible array of chunks (format specification, VII.D; sizes from H5EAhdr.c,
 * H5EA__hdr_init, and H5EAiblock.c):
 *
 *     header ─ index block ┬ the first elements
 *                          ├ data blocks (of the first super blocks, which have no block)
 *                          └ super blocks ─ data blocks ─ pages
 */
export async function readExtensibleArray(
  file: Hdf5File,
  address: number,
  table: ChunkTable,
): Promise<void> {
  const what = table.path;
  const header = await file.structure(address, headerSize, `${what}: extensible array`);
  header.signature("EAHD");
  expectVersion(header, 0);
  const elements = arrayElements(header, table);
  const [countBits, inIndex, smallest, fewestPointers, pageBits] = [
    header.u8(),
    header.u8(),
    header.u8(),
    header.u8(),
    header.u8(),
  ];
  header.skip(4 * 8); // statistics
  const used = header.u64(); // one more than the last element ever set
  header.skip(8);
  const indexAddress = header.address();
  expectChecksum(header);
  const isPower = [smallest, fewestPointers].every((n) => n > 0 && Number.isInteger(Math.log2(n)));
  if (!isPower || countBits > 52 || pageBits > 31 || countBits < Math.log2(smallest)) {
    header.fail("impossible block sizes");
  }
  checkLimit("hdf5Chunks", used, what);
  if (indexAddress === null) return;

  const array: ExtensibleArray = {
    file,
    address,
    client: Number(table.filters > 0),
    elements,
    inIndex,
    offsetBytes: Math.ceil(countBits / 8),
    pageSize: 2 ** pageBits,
    what,
  };
  const superBlocks = planSuperBlocks(countBits, inIndex, smallest);
  const direct = Math.min(2 * Math.log2(fewestPointers), superBlocks.length);
  const directBlocks: DataBlock[] = [];
  for (const block of superBlocks.slice(0, direct)) {
    directBlocks.push(...dataBlocks(block, directBlocks.length));
  }
  const pointers = directBlocks.length + superBlocks.length - direct;
  const length = 14 + inIndex * elements.size + pointers * 8 + checksumSize;
  const index = await file.structure(indexAddress, length, `${what}: array index block`);
  index.signature("EAIB");
  expectPrefix(index, array);
  elements.take(index, 0, inIndex);
  const dataAddresses = directBlocks.map(() => index.address());
  const superAddresses = superBlocks.slice(direct).map(() => index.address());
  expectChecksum(index);
  for (const [at, block] of directBlocks.entries()) {
    const found = dataAddresses[at]!;
    if (found !== null) await readDataBlock(array, found, block, null);
  }
  for (const [at, block] of superBlocks.slice(direct).entries()) {
    const found = superAddresses[at]!;
    if (found !== null) await readSuperBlock(array, found, block);
  }
}

/** Super block n has 2^⌊n/2⌋ data blocks of 2^⌈n/2⌉ times the smallest size. */
function planSuperBlocks(countBits: number, first: number, smallest: number): SuperBlock[] {
  const planned: SuperBlock[] = [];
  let start = first;
  for (let n = 0; n <= countBits - Math.log2(smallest); n += 1) {
    const blocks = 2 ** Math.floor(n / 2);
    const size = 2 ** Math.floor((n + 1) / 2) * smallest;
    planned.push({ start, blocks, size });
    start += blocks * size;
  }
  return planned;
}

interface DataBlock {
  readonly start: number;
  readonly size: number;
  /** What the block itself says its start is. */
  readonly stated: number;
}

/**
 * @param before data blocks before these in the index block. libhdf5 counts them as if they had
 *   the size of these where it states a place (H5EA.c, H5EA__lookup_elmt).
 */
function dataBlocks({ start, blocks, size }: SuperBlock, before = 0): DataBlock[] {
  return Array.from({ length: blocks }, (_, at) => ({
    start: start + at * size,
    size,
    stated: start + (before + at) * size,
  }));
}

async function readSuperBlock(
  array: ExtensibleArray,
  address: number,
  block: SuperBlock,
): Promise<void> {
  const { file, offsetBytes, pageSize, what } = array;
  checkLimit("hdf5Chunks", block.blocks, what);
  checkLimit("hdf5Chunks", block.size, what);
  const pages = block.size > pageSize ? block.size / pageSize : 0;
  const mapBytes = Math.ceil(pages / 8);
  const length = 14 + offsetBytes + block.blocks * (mapBytes + 8) + checksumSize;
  const cursor = await file.structure(address, length, `${what}: array super block`);
  cursor.signature("EASB");
  expectPrefix(cursor, array);
  expectStart(cursor, array, block.start);
  const maps = Array.from({ length: block.blocks }, () => cursor.take(mapBytes));
  const addresses = maps.map(() => cursor.address());
  expectChecksum(cursor);
  for (const [at, dataBlock] of dataBlocks(block).entries()) {
    const found = addresses[at]!;
    if (found !== null) await readDataBlock(array, found, dataBlock, maps[at]!);
  }
}

/** @param written which pages are; null of blocks too small for pages */
async function readDataBlock(
  array: ExtensibleArray,
  address: number,
  { start, size, stated }: DataBlock,
  written: Uint8Array | null,
): Promise<void> {
  const { file, elements, offsetBytes, pageSize, what } = array;
  const pages = size > pageSize ? size / pageSize : 0;
  const length = 14 + offsetBytes + size * elements.size + (pages + 1) * checksumSize;
  const cursor = await file.structure(address, length, `${what}: array data block`);
  cursor.signature("EADB");
  expectPrefix(cursor, array);
  expectStart(cursor, array, stated);
  if (pages === 0) {
    elements.take(cursor, start, size);
    expectChecksum(cursor);
    return;
  }
  expectChecksum(cursor);
  if (written === null) return cursor.fail("pages where there can be none");
  for (let page = 0; page < pages; page += 1) {
    const from = cursor.at;
    if (isSet(written, page)) {
      elements.take(cursor, start + page * pageSize, pageSize);
      expectChecksum(cursor, from);
    } else cursor.skip(pageSize * elements.size + checksumSize);
  }
}

function expectPrefix(cursor: Cursor, { client, address }: ExtensibleArray): void {
  expectVersion(cursor, 0);
  if (cursor.u8() !== client) cursor.fail("a block of other elements", -1);
  if (cursor.u64() !== address) cursor.fail("a block of another array", -8);
}

function expectStart(cursor: Cursor, array: ExtensibleArray, start: number): void {
  const found = littleEndian(cursor.take(array.offsetBytes)) + array.inIndex;
  if (found !== start) cursor.fail(`a block of another place (${found}, not ${start})`);
}
