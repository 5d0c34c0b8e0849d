import { CleaveError } from "../errors.ts";
import { checkLimit } from "../limits.ts";
import { checksum } from "./checksum.ts";
import type { Cursor } from "./cursor.ts";
import type { Hdf5File } from "./file.ts";

/** Objects of a heap by their IDs, as a B-tree's records name them. */
export interface FractalHeap {
  readonly idLength: number;
  object(id: Uint8Array): Uint8Array;
}

interface Header {
  readonly what: string;
  readonly address: number;
  readonly checksummed: boolean;
  readonly width: number;
  readonly startSize: number;
  readonly largestDirect: number;
  /** Bytes of an offset into the heap. */
  readonly offsetBytes: number;
}

/** A run of the heap's own address space. */
interface DirectBlock {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/**
 * Reads a fractal heap (format specification, III.G), which holds the links of a group that has
 * more than eight of them and a name that is not ASCII.
 *
 * @throws CleaveError `UNSUPPORTED` for filtered heaps and objects outside the heap's blocks
 */
export async function readFractalHeap(
  file: Hdf5File,
  address: number,
  what: string,
): Promise<FractalHeap> {
  const cursor = await file.structure(address, 146, `${what}: fractal heap`);
  cursor.signature("FRHP");
  expectVersion(cursor, 0);
  const idLength = cursor.u16();
  const filters = cursor.u16();
  const flags = cursor.u8();
  const largestObject = cursor.u32();
  cursor.skip(12 * 8);
  const width = cursor.u16();
  const startSize = cursor.u64();
  const largestDirect = cursor.u64();
  const offsetBits = cursor.u16();
  cursor.skip(2);
  const root = cursor.address();
  const rows = cursor.u16();
  expectChecksum(cursor);
  if (filters !== 0) throw new CleaveError("UNSUPPORTED", `${what}: a compressed fractal heap.`);
  const isPower = [startSize, largestDirect, width].every((n) => Number.isInteger(Math.log2(n)));
  // An indirect block has a row at least.
  const fits = largestDirect >= startSize && largestDirect * 2 >= startSize * width;
  if (!isPower || !fits || offsetBits > 52) {
    cursor.fail("impossible block sizes");
  }
  checkLimit("heapBytes", largestDirect, what);

  const header: Header = {
    what,
    address,
    checksummed: (flags & 2) !== 0,
    width,
    startSize,
    largestDirect,
    offsetBytes: Math.ceil(offsetBits / 8),
  };
  const blocks: DirectBlock[] = [];
  if (root !== null && rows === 0) blocks.push(await readDirect(file, header, root, 0, startSize));
  else if (root !== null)
    await readIndirect(file, header, { address: root, start: 0, rows }, blocks);
  blocks.sort((a, b) => a.start - b.start);

  const lengthBytes = byteWidth(Math.min(largestDirect, largestObject));
  return { idLength, object: (id) => findObject(blocks, id, header, lengthBytes) };
}

async function readDirect(
  file: Hdf5File,
  header: Header,
  address: number,
  start: number,
  size: number,
): Promise<DirectBlock> {
  const cursor = await file.structure(address, size, `${header.what}: heap direct block`);
  cursor.signature("FHDB");
  expectVersion(cursor, 0);
  expectPlace(cursor, header, start);
  if (header.checksummed) {
    const content = cursor.bytes.slice();
    content.fill(0, cursor.at, cursor.at + 4); // counted as zero in its own sum
    if (cursor.u32() !== checksum(content)) cursor.fail("the checksum does not match", -4);
  }
  return { start, bytes: cursor.bytes };
}

interface IndirectBlock {
  readonly address: number;
  readonly start: number;
  readonly rows: number;
}

/** Blocks of row 0 and 1 have the starting size, of each further row twice the size before it. */
async function readIndirect(
  file: Hdf5File,
  header: Header,
  root: IndirectBlock,
  blocks: DirectBlock[],
): Promise<void> {
  const { width, startSize, largestDirect, offsetBytes, what } = header;
  const open = [root];
  for (let index = 0; index < open.length; index += 1) {
    checkLimit("btreeDepth", Math.log2(index + 1), what);
    const { address, start, rows } = open[index]!;
    const length = 13 + offsetBytes + rows * width * 8 + 4;
    checkLimit("heapBytes", length, what);
    const cursor = await file.structure(address, length, `${what}: heap indirect block`);
    cursor.signature("FHIB");
    expectVersion(cursor, 0);
    expectPlace(cursor, header, start);
    let offset = start;
    for (let row = 0; row < rows; row += 1) {
      const size = startSize * 2 ** Math.max(0, row - 1);
      for (let column = 0; column < width; column += 1, offset += size) {
        const child = cursor.address();
        if (child === null) continue;
        if (size <= largestDirect) blocks.push(await readDirect(file, header, child, offset, size));
        else
          open.push({
            address: child,
            start: offset,
            rows: Math.log2(size / (startSize * width)) + 1,
          });
      }
    }
    expectChecksum(cursor);
  }
}

function findObject(
  blocks: readonly DirectBlock[],
  id: Uint8Array,
  { what, offsetBytes }: Header,
  lengthBytes: number,
): Uint8Array {
  const kind = id[0]! >>> 4;
  if (kind === 2) return id.subarray(1, 2 + (id[0]! & 15));
  if (kind !== 0 || 1 + offsetBytes + lengthBytes > id.length) {
    throw new CleaveError("UNSUPPORTED", `${what}: an object outside its fractal heap.`);
  }
  const offset = littleEndian(id.subarray(1, 1 + offsetBytes));
  const length = littleEndian(id.subarray(1 + offsetBytes, 1 + offsetBytes + lengthBytes));
  const block = lastBefore(blocks, offset);
  const from = offset - (block?.start ?? 0);
  if (block === undefined || from + length > block.bytes.length) {
    throw new CleaveError(
      "HDF5_INVALID",
      `${what}: an object is not in its fractal heap; the file is damaged.`,
      { rule: "KH553" },
    );
  }
  return block.bytes.subarray(from, from + length);
}

/** The last of the blocks, which are in order, that starts at or before `offset`. */
function lastBefore(blocks: readonly DirectBlock[], offset: number): DirectBlock | undefined {
  let [from, to] = [0, blocks.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (blocks[middle]!.start <= offset) from = middle + 1;
    else to = middle;
  }
  return blocks[from - 1];
}

export function expectVersion(cursor: Cursor, known: number): void {
  const version = cursor.u8();
  if (version !== known) cursor.fail(`version ${version} is not known`, -1);
}

/** The sum of all bytes before it, from `start` of the structure. */
export function expectChecksum(cursor: Cursor, start = 0): void {
  const computed = checksum(cursor.bytes.subarray(start, cursor.at));
  if (cursor.u32() !== computed) cursor.fail("the checksum does not match", -4);
}

function expectPlace(cursor: Cursor, { address, offsetBytes }: Header, start: number): void {
  if (cursor.u64() !== address) cursor.fail("a block of another heap", -8);
  if (littleEndian(cursor.take(offsetBytes)) !== start) cursor.fail("a block of another place");
}

export function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}

/** Bytes that a number up to `largest` takes. */
export function byteWidth(largest: number): number {
  return Math.floor(Math.log2(largest) / 8) + 1;
}
