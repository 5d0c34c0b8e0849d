import { chunksOf } from "../bytes/chunks.ts";
import type { ByteRange } from "../bytes/source.ts";
import type { Elements } from "./elements.ts";

/** What can be said of a tensor's numbers. Of no finite number, `min` to `std` are null. */
export interface Statistics {
  readonly count: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  /** Of the population, as numpy's. */
  readonly std: number | null;
  readonly zeros: number;
  readonly nan: number;
  readonly infinite: number;
}

/** Reads a tensor once, in chunks; NaN and infinite numbers are counted and else left out. */
export async function statisticsOf(range: ByteRange, elements: Elements): Promise<Statistics> {
  let count = 0;
  let zeros = 0;
  let nan = 0;
  let infinite = 0;
  let finite = 0;
  let min = Infinity;
  let max = -Infinity;
  let mean = 0;
  let squares = 0;
  for await (const bytes of chunksOf(range)) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at < bytes.length; at += elements.size) {
      const value = elements.read(view, at);
      count += 1;
      if (!Number.isFinite(value)) {
        if (Number.isNaN(value)) nan += 1;
        else infinite += 1;
        continue;
      }
      finite += 1;
      if (value === 0) zeros += 1;
      if (value < min) min = value;
      if (value > max) max = value;
      // Welford's way keeps its digits where the mean is large and the spread small.
      const away = value - mean;
      mean += away / finite;
      squares += away * (value - mean);
    }
  }
  const found = finite > 0 ? { min, max, mean, std: Math.sqrt(squares / finite) } : nothing;
  return { count, ...found, zeros, nan, infinite };
}

const nothing = { min: null, max: null, mean: null, std: null };
