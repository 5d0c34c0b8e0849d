import { readSync } from "node:fs";
import { inflateSync } from "node:zlib";
import { CleaveError } from "../errors.ts";
import { cannotUnpack } from "./cannot-unpack.ts";
import type { Filter } from "./filters.ts";
import type { UnpackedDataset } from "./unpack-job.ts";

/** What a filter may add to a chunk: a checksum, the head of scaleoffset. */
const mostAdded = 64;
const checksumSize = 4;
/** minbits, size of the least value, that value (H5Zscaleoffset.c). */
const scaleOffsetHead = 21;

/**
 * Undoes the filters of every chunk as far as its size goes. libhdf5 does not: a chunk that unpacks
 * to less than it should gives numbers that happen to be in memory, and no error (H5Dchunk.c,
 * H5D__chunk_lock, of HDF5 2.0).
 *
 * @param file descriptor of the HDF5 file
 * @throws CleaveError `HDF5_INVALID` for a chunk that unpacks to another size than its own
 */
export function expectWholeChunks(file: number, dataset: UnpackedDataset): void {
  const { filters, chunks, chunkBytes } = dataset;
  if (filters.length === 0) return; // stored sizes have been compared already
  const needsContent = filters.some(({ name }) => name !== "shuffle" && name !== "fletcher32");
  let buffer = Buffer.alloc(0);
  for (const [number, address] of chunks.addresses.entries()) {
    const stored = chunks.sizes[number]!;
    if (needsContent) {
      if (buffer.length < stored) buffer = Buffer.allocUnsafe(stored);
      readAll(file, buffer, stored, address);
    }
    let chunk: Unfiltered = { size: stored, bytes: buffer.subarray(0, stored) };
    try {
      for (let at = filters.length - 1; at >= 0; at -= 1) {
        const isSkipped = ((chunks.skipped[number]! >>> at) & 1) === 1;
        if (!isSkipped) chunk = undo(filters[at]!, chunk, chunkBytes);
      }
    } catch (error) {
      throw cannotUnpack(dataset, `chunk ${number}: ${(error as Error).message}`, error);
    }
    if (chunk.size !== chunkBytes) {
      const reason = `chunk ${number} unpacks to ${chunk.size} bytes, not to ${chunkBytes}`;
      throw cannotUnpack(dataset, reason);
    }
  }
}

/** The bytes are there as long as a filter may look at them. */
interface Unfiltered {
  readonly size: number;
  readonly bytes: Buffer;
}

function undo({ name, parameters }: Filter, chunk: Unfiltered, chunkBytes: number): Unfiltered {
  return undoing[name](chunk, parameters, chunkBytes);
}

type Undo = (chunk: Unfiltered, parameters: readonly number[], chunkBytes: number) => Unfiltered;

const undoing: Readonly<Record<Filter["name"], Undo>> = {
  shuffle: (chunk) => chunk,
  fletcher32: ({ size, bytes }) => {
    const rest = size - checksumSize;
    if (rest < 0) throw new Error(`${size} bytes are shorter than a checksum`);
    return { size: rest, bytes: bytes.subarray(0, rest) };
  },
  gzip: ({ bytes }, _, chunkBytes) => {
    const inflated = inflate(bytes, chunkBytes + mostAdded);
    return { size: inflated.length, bytes: inflated };
  },
  // Parameters: kind, factor, elements, class, size of one, … (H5Z__set_local_scaleoffset).
  scaleoffset: ({ size, bytes }, [, , elements = 0, , elementSize = 0]) => {
    if (size < scaleOffsetHead) throw new Error(`${size} bytes are shorter than their head`);
    return expectInput(size, scaleOffsetHead, elements, bytes.readUInt32LE(0), elementSize);
  },
  // Parameters: count, whether it does nothing, elements, class, size of one, order, bits, …
  nbit: (chunk, [, doesNothing, elements = 0, , elementSize = 0, , bits = 0]) =>
    doesNothing === 1 ? chunk : expectInput(chunk.size, 0, elements, bits, elementSize),
};

function inflate(bytes: Buffer, most: number): Buffer {
  try {
    return inflateSync(bytes, { maxOutputLength: most });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_BUFFER_TOO_LARGE") throw error;
    throw new Error(`it unpacks to more than ${most} bytes`, { cause: error });
  }
}

/** @param bits of each element, after `head` bytes */
function expectInput(
  size: number,
  head: number,
  elements: number,
  bits: number,
  elementSize: number,
): Unfiltered {
  const needed = head + Math.ceil((elements * bits) / 8);
  if (size < needed) throw new Error(`${needed} bytes are needed, ${size} are there`);
  return { size: elements * elementSize, bytes: Buffer.alloc(0) };
}

function readAll(file: number, buffer: Buffer, length: number, position: number): void {
  for (let done = 0; done < length;) {
    const count = readSync(file, buffer, done, length - done, position + done);
    if (count === 0) {
      throw new CleaveError("IO", "The HDF5 file became shorter while it was read.");
    }
    done += count;
  }
}
