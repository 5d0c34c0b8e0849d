import { CleaveError } from "../errors.ts";
import { checkLimit } from "../limits.ts";
import type { Cursor } from "./cursor.ts";
import { littleEndian } from "./fractal-heap.ts";

/** Where the chunks of a dataset are looked up; null where none was ever stored. */
export interface ChunkLayout {
  readonly address: number | null;
  /** Elements of one chunk along each axis. */
  readonly chunk: readonly number[];
  /** Of one chunk before the filters, without room for growth. */
  readonly chunkBytes: number;
  readonly index: ChunkIndexKind;
}

export type ChunkIndexKind =
  | { readonly kind: "b-tree" | "implicit" | "fixed array" | "extensible array" | "b-tree 2" }
  /** All values in one chunk; its stored size and what filters it did not pass. */
  | { readonly kind: "single"; readonly stored: number | null; readonly skipped: number };

/**
 * Reads the rest of a data layout message of chunked storage, versions 3 to 5, behind its class
 * (format specification, IV.A.2.i; version 5, of HDF5 2.0, differs from 4 only in that arrays have
 * sizes of 8 bytes always, and say so themselves).
 *
 * @param elementSize bytes of one element, which the message repeats as a dimension
 */
export function readChunkLayout(
  cursor: Cursor,
  version: number,
  rank: number,
  elementSize: number,
  path: string,
): ChunkLayout {
  const flags = version === 3 ? 0 : cursor.u8();
  if (flags & ~3) cursor.fail(`flags ${flags} of chunked storage are not known`, -1);
  if (flags & 1) {
    throw new CleaveError(
      "UNSUPPORTED",
      `${path}: chunks at the edges that pass no filter are not supported. Rewrite the file with h5repack -l CONTI -f NONE.`,
      { rule: "KH562" },
    );
  }
  const dimensions = cursor.u8();
  if (dimensions !== rank + 1) {
    cursor.fail(`chunks of ${dimensions - 1} dimensions of a dataset of ${rank}`, -1);
  }
  const oldAddress = version === 3 ? cursor.address() : null;
  const width = version === 3 ? 4 : cursor.u8();
  if (width === 0 || width > 8) cursor.fail(`dimensions of ${width} bytes`, -1);
  const chunk = Array.from({ length: rank }, () => littleEndian(cursor.take(width)));
  const elementBytes = littleEndian(cursor.take(width));
  if (elementBytes !== elementSize) {
    cursor.fail(`chunks of elements of ${elementBytes} bytes, not of ${elementSize}`, -width);
  }
  if (chunk.includes(0)) cursor.fail("a chunk of no elements");
  const chunkBytes = chunk.reduce((product, count) => product * BigInt(count), BigInt(elementSize));
  checkLimit("chunkBytes", chunkBytes, path);

  const index = version === 3 ? { kind: "b-tree" as const } : readIndexKind(cursor, flags, path);
  return {
    address: version === 3 ? oldAddress : cursor.address(),
    chunk,
    chunkBytes: Number(chunkBytes),
    index,
  };
}

/** What an index was made with stands in itself as well, and is read there. */
function readIndexKind(cursor: Cursor, flags: number, path: string): ChunkIndexKind {
  const type = cursor.u8();
  switch (type) {
    case 1:
      return flags & 2
        ? { kind: "single", stored: cursor.u64(), skipped: cursor.u32() }
        : { kind: "single", stored: null, skipped: 0 };
    case 2:
      return { kind: "implicit" };
    case 3:
      cursor.skip(1);
      return { kind: "fixed array" };
    case 4:
      cursor.skip(5);
      return { kind: "extensible array" };
    case 5:
      cursor.skip(6);
      return { kind: "b-tree 2" };
    default:
      throw new CleaveError("UNSUPPORTED", `${path}: HDF5 chunk index ${type} is not known.`);
  }
}
