import type { ByteRange } from "./source.ts";

const KiB = 1024;
/** Of one request: large enough that its latency hardly counts. */
const windowSize = 4 * 1024 * KiB;
/** Requests under way at a time; so many windows are in memory. */
const mostWindows = 6;
/** Less than this between two ranges is read with them: a request of its own takes longer. */
const smallGap = 64 * KiB;

interface Window extends ByteRange {
  bytes?: Promise<Uint8Array>;
}

/**
 * Reads ranges of remote sources that are wanted one after the other, before they are asked for:
 * several large requests are under way while what has come is used.
 */
export class ReadAhead {
  readonly #windows: Window[];

  /** @param ranges in the order in which they will be read */
  constructor(ranges: readonly ByteRange[]) {
    this.#windows = windowsOf(ranges);
  }

  /** The next bytes: within one of the ranges, after all that were read before. */
  async read({ source, offset, length }: ByteRange, into: Uint8Array): Promise<Uint8Array> {
    for (let done = 0; done < length;) {
      const at = offset + done;
      const [window] = this.#windows;
      if (window === undefined) throw new RangeError("read past what was to be read");
      if (window.source !== source || at < window.offset || at >= window.offset + window.length) {
        this.#windows.shift();
        continue;
      }
      const bytes = await this.#load(window);
      const part = bytes.subarray(at - window.offset, at - window.offset + length - done);
      into.set(part, done);
      done += part.length;
    }
    return into.subarray(0, length);
  }

  #load(window: Window): Promise<Uint8Array> {
    for (const next of this.#windows.slice(0, mostWindows)) {
      if (next.bytes !== undefined) continue;
      next.bytes = next.source.read(next.offset, next.length);
      next.bytes.catch(() => undefined); // whoever reads the window gets it
    }
    return window.bytes!;
  }
}

/** Neighbours together, long ones in pieces. */
function windowsOf(ranges: readonly ByteRange[]): Window[] {
  const windows: Window[] = [];
  const extend = (range: ByteRange): void => {
    const last = windows.at(-1);
    const end = range.offset + range.length;
    const gap = last && range.offset - (last.offset + last.length);
    if (last?.source === range.source && gap! >= 0 && gap! <= smallGap) {
      const length = end - last.offset;
      if (length <= windowSize) {
        windows[windows.length - 1] = { ...last, length };
        return;
      }
    }
    for (let at = range.offset; at < end; at += windowSize) {
      windows.push({ source: range.source, offset: at, length: Math.min(windowSize, end - at) });
    }
  };
  for (const range of ranges) if (range.length > 0) extend(range);
  return windows;
}
