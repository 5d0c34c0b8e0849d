/** A box of a dataset's elements. */
export interface Slice {
  /** First element along each axis. */
  readonly start: readonly number[];
  /** Elements along each axis. */
  readonly count: readonly number[];
}

/** Bytes of a slice that stand beside each other in the dataset's row-major values too. */
export interface Run {
  /** In the values of the dataset, in bytes. */
  readonly position: number;
  /** In the values of the slice, in bytes. */
  readonly from: number;
  readonly length: number;
}

/**
 * Divides a dataset into boxes of whole chunks, so that each chunk is unpacked once. A box has
 * `mostBytes` and `mostChunks` at most, or one chunk. Boxes grow along the last axis first: then
 * their rows are long.
 *
 * @param shape without zeros
 * @param elementSize in bytes
 */
export function* slices(
  shape: readonly number[],
  chunk: readonly number[],
  elementSize: number,
  mostBytes: number,
  mostChunks: number,
): Generator<Slice> {
  const box = shape.map((length, axis) => Math.min(length, chunk[axis]!));
  const one = box.reduce((product, length) => product * length, elementSize);
  const most = Math.min(mostBytes, mostChunks * one);
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    const bytes = box.reduce((product, length) => product * length, elementSize);
    const times = Math.max(1, Math.floor(most / bytes));
    box[axis] = Math.min(shape[axis]!, times * chunk[axis]!);
    if (box[axis]! < shape[axis]!) break;
  }
  const steps = shape.map((length, axis) => Math.ceil(length / box[axis]!));
  for (const at of coordinates(steps)) {
    const start = at.map((step, axis) => step * box[axis]!);
    const count = start.map((first, axis) => Math.min(box[axis]!, shape[axis]! - first));
    yield { start, count };
  }
}

/** The runs of a slice, in order of both their positions. */
export function* runs(
  shape: readonly number[],
  { start, count }: Slice,
  elementSize: number,
): Generator<Run> {
  // From this axis on, the slice has whole rows, and those of one index before it are one run.
  let whole = shape.length;
  while (whole > 0 && count[whole - 1] === shape[whole - 1]) whole -= 1;
  const outer = Math.max(0, whole - 1);
  const length = count.slice(outer).reduce((product, n) => product * n, elementSize);
  let from = 0;
  for (const at of coordinates(count.slice(0, outer))) {
    let element = 0;
    for (const [axis, size] of shape.entries()) {
      element = element * size + start[axis]! + (at[axis] ?? 0);
    }
    yield { position: element * elementSize, from, length };
    from += length;
  }
}

/** All coordinates below `limits`, the last axis fastest. */
function* coordinates(limits: readonly number[]): Generator<readonly number[]> {
  const at = limits.map(() => 0);
  for (;;) {
    yield at;
    let axis = limits.length - 1;
    while (axis >= 0 && at[axis]! + 1 === limits[axis]) {
      at[axis] = 0;
      axis -= 1;
    }
    if (axis < 0) return;
    at[axis]! += 1;
  }
}
