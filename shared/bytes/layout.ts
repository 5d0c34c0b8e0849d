import type { ByteRange } from "./source.ts";

/**
 * A file that is planned but not written: segments in order. Its size and every offset in it are
 * known; no tensor has been read.
 */
export interface Layout {
  readonly segments: readonly Segment[];
  /** In bytes. */
  readonly size: number;
}

/** Fresh bytes, bytes that stand in a source, or bytes that depend on others of the layout. */
export type Segment = Uint8Array | ByteRange | Deferred;

/**
 * Bytes that can only be made once the checksum of other segments is known: a ZIP local header
 * stands before the member whose CRC-32 it holds.
 */
export interface Deferred {
  readonly length: number;
  /** Runs of segments, from `first` up to but without `end`; none of them is deferred. */
  readonly spans: readonly { readonly first: number; readonly end: number }[];
  /** @param crc32 of each span */
  make(crc32: readonly number[]): Uint8Array;
}

export function isDeferred(segment: Segment): segment is Deferred {
  return "spans" in segment;
}

export function isRange(segment: Segment): segment is ByteRange {
  return "source" in segment;
}

export function layout(segments: readonly Segment[]): Layout {
  return { segments, size: segments.reduce((size, segment) => size + segment.length, 0) };
}
