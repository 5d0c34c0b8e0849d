import { checkLimit } from "../limits.ts";
import { arrayElements } from "./chunk-array.ts";
import type { ChunkTable } from "./chunk-table.ts";
import type { Hdf5File } from "./file.ts";
import { expectChecksum, expectVersion } from "./fractal-heap.ts";

const headerSize = 28;
const checksumSize = 4;

/**
 * Reads a fixed array of chunks (format specification, VII.C): all elements in one data block,
 * divided into pages where they are many. A page has a bit that says whether it was ever written.
 */
export async function readFixedArray(
  file: Hdf5File,
  address: number,
  table: ChunkTable,
): Promise<void> {
  const { path, grid } = table;
  const header = await file.structure(address, headerSize, `${path}: fixed array`);
  header.signature("FAHD");
  expectVersion(header, 0);
  const elements = arrayElements(header, table);
  const pageBits = header.u8();
  const count = header.u64();
  const blockAddress = header.address();
  expectChecksum(header);
  const expected = grid.mostCounts.reduce((product, most) => product * most, 1);
  if (count !== expected) header.fail(`${count} elements, for chunks that may be ${expected}`);
  checkLimit("hdf5Chunks", count, path);
  if (blockAddress === null || count === 0) return;

  const pageSize = pageBits > 31 ? count : 2 ** pageBits;
  const pages = count > pageSize ? Math.ceil(count / pageSize) : 0;
  const mapBytes = Math.ceil(pages / 8);
  const prefix = 14 + mapBytes;
  const length = prefix + (Math.max(pages, 0) + 1) * checksumSize + count * elements.size;
  const block = await file.structure(blockAddress, length, `${path}: fixed array block`);
  block.signature("FADB");
  expectVersion(block, 0);
  if (block.u8() !== Number(table.filters > 0)) block.fail("a block of other elements", -1);
  if (block.u64() !== address) block.fail("a block of another array", -8);
  const written = block.take(mapBytes);
  if (pages === 0) {
    elements.take(block, 0, count);
    expectChecksum(block);
    return;
  }
  expectChecksum(block);
  for (let page = 0; page < pages; page += 1) {
    const start = page * pageSize;
    const pageElements = Math.min(pageSize, count - start);
    const from = block.at;
    if (isSet(written, page)) {
      elements.take(block, start, pageElements);
      expectChecksum(block, from);
    } else block.skip(pageElements * elements.size + checksumSize);
  }
}

/** Bits are counted from the highest of each byte (H5VMprivate.h, H5VM_bit_get). */
export function isSet(bits: Uint8Array, index: number): boolean {
  return ((bits[index >>> 3]! << (index & 7)) & 0x80) !== 0;
}
