import { checkLimit } from "../limits.ts";
import type { Extent } from "./dataspace.ts";

/** How a dataset is divided into chunks; those at its upper edges reach beyond it. */
export interface ChunkGrid {
  /** Elements along each axis. */
  readonly shape: readonly number[];
  /** Elements of one chunk along each axis. */
  readonly chunk: readonly number[];
  /** Chunks along each axis. */
  readonly counts: readonly number[];
  /** Chunks along each axis once the dataset has grown to its limit; infinite without one. */
  readonly mostCounts: readonly number[];
  /** Of all chunks within the shape. */
  readonly total: number;
}

/** @throws CleaveError `LIMIT_EXCEEDED` for more chunks than any model has */
export function chunkGrid(
  shape: readonly number[],
  most: Extent["most"],
  chunk: readonly number[],
  path: string,
): ChunkGrid {
  const counts = shape.map((length, axis) => Math.ceil(length / chunk[axis]!));
  const mostCounts = most.map((length, axis) =>
    length === null ? Number.POSITIVE_INFINITY : Math.ceil(length / chunk[axis]!),
  );
  const total = counts.reduce((product, count) => product * BigInt(count), 1n);
  checkLimit("hdf5Chunks", total, `${path}: shape [${shape.join(", ")}]`);
  return { shape, chunk, counts, mostCounts, total: Number(total) };
}

/** A chunk's number in row-major order, or undefined where it is outside the shape. */
export function chunkNumber(
  { counts }: ChunkGrid,
  coordinates: readonly number[],
): number | undefined {
  let number = 0;
  for (const [axis, count] of counts.entries()) {
    const coordinate = coordinates[axis]!;
    if (coordinate >= count) return undefined;
    number = number * count + coordinate;
  }
  return number;
}

/**
 * Arrays of chunks are in row-major order of all chunks that there may ever be, except that the
 * axis without limit, if there is one, varies slowest (H5Dearray.c, H5VM_swizzle_coords).
 *
 * @returns what makes coordinates of a place in the array
 */
export function arrayOrder({ mostCounts }: ChunkGrid): (index: number) => number[] {
  const axes = [...mostCounts.keys()].toSorted(
    (a, b) => Number(Number.isFinite(mostCounts[a])) - Number(Number.isFinite(mostCounts[b])),
  );
  const fastestFirst = axes.toReversed();
  return (index) => {
    const coordinates = mostCounts.map(() => 0);
    let rest = index;
    for (const axis of fastestFirst) {
      const count = mostCounts[axis]!;
      coordinates[axis] = Number.isFinite(count) ? rest % count : rest;
      rest = Number.isFinite(count) ? Math.floor(rest / count) : 0;
    }
    // What is left over is behind the last chunk.
    if (rest > 0) coordinates[0] = Number.POSITIVE_INFINITY;
    return coordinates;
  };
}
