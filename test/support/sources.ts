import { isDeferred, isRange, type Layout } from "#shared/bytes/layout.ts";
import type { ByteSource } from "#shared/bytes/source.ts";

/** Bytes without a pattern that repeats at page, chunk or 256-byte boundaries. */
export function patternedBytes(length: number, seed = 1): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let state = seed;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** As many zeros as asked for, without holding them. */
export function zeroSource(size: number): ByteSource {
  return {
    name: "zeros",
    size,
    read: (_offset, length) => Promise.resolve(new Uint8Array(length)),
  };
}

/** A source whose medium fails from byte `good` on. */
export function brokenSource(size: number, good: number): ByteSource {
  return {
    name: "broken",
    size,
    read: (offset, length) =>
      offset + length > good
        ? Promise.reject(new Error("the disk is broken"))
        : Promise.resolve(new Uint8Array(length)),
  };
}

/** A source that notes what is read of it. */
export function observedSource(source: ByteSource): ByteSource & {
  readonly reads: { offset: number; length: number }[];
} {
  const reads: { offset: number; length: number }[] = [];
  return {
    name: source.name,
    size: source.size,
    reads,
    read: (offset, length, into) => {
      reads.push({ offset, length });
      return source.read(offset, length, into);
    },
  };
}

/**
 * A layout as the file it would become, without writing it: what is planned for sizes no test
 * can write can still be read. Deferred segments are made of `crc`, whatever their spans hold.
 */
export function plannedSource({ segments, size }: Layout, crc: number): ByteSource {
  let end = 0;
  const placed = segments.map((segment) => {
    const start = end;
    end += segment.length;
    if (isRange(segment)) return { start, end, read: segment };
    const bytes = isDeferred(segment) ? segment.make(segment.spans.map(() => crc)) : segment;
    return { start, end, read: bytes };
  });
  return {
    name: "planned",
    size,
    async read(offset, length) {
      const parts: Uint8Array[] = [];
      for (const { start, end: stop, read } of placed) {
        const from = Math.max(start, offset);
        const to = Math.min(stop, offset + length);
        if (from >= to) continue;
        parts.push(
          "source" in read
            ? await read.source.read(read.offset + from - start, to - from)
            : read.subarray(from - start, to - start),
        );
      }
      return Buffer.concat(parts);
    },
  };
}
