import {
  isDeferred,
  isRange,
  type Deferred,
  type Layout,
  type Segment,
} from "../../bytes/layout.ts";
import { combineCrc32 } from "../../bytes/crc32.ts";
import type { ByteRange } from "../../bytes/source.ts";
import { isObjectSource, type ObjectSource } from "./object-source.ts";
import { pack, partLimits, type Part, type PartLimits, type Run } from "./pack.ts";

/** "You can copy a range only if the source object is greater than 5 MB" (API, UploadPartCopy). */
const leastSource = 5 * 1024 * 1024;

/** Bytes of one kind within one part: they are read, copied or made together. */
export interface Piece {
  /** Position in the object of its first byte, and of the first one behind. */
  readonly start: number;
  readonly end: number;
  readonly content: Uint8Array | ByteRange | DeferredPiece;
}

/** Bytes of a deferred segment, from `offset` in it. */
export interface DeferredPiece {
  readonly deferred: Deferred;
  readonly offset: number;
}

export interface PlannedPart extends Part {
  /** From 1, as S3 counts. */
  readonly number: number;
  readonly pieces: readonly Piece[];
}

export interface PlannedCopy {
  readonly source: ObjectSource;
  readonly offset: number;
  readonly length: number;
}

/** A layout, divided into parts of a multipart upload. */
export interface PlannedObject {
  readonly size: number;
  readonly parts: readonly PlannedPart[];
  /** CRC-32 of the bytes that a deferred segment needs, from those of pieces. */
  readonly spansOf: (deferred: Deferred, crcOf: (piece: Piece) => number) => number[];
}

/**
 * @param mayCopy whether S3 is to copy at all; false where it has refused to
 */
export function planObject(
  { segments, size }: Layout,
  mayCopy: boolean,
  limits: PartLimits = partLimits,
): PlannedObject {
  const stretches = joinNeighbours(segments);
  const runs: Run[] = [];
  for (const { content, length } of stretches) {
    const copyable = mayCopy && isCopyable(content);
    const last = runs.at(-1);
    if (last !== undefined && !last.copyable && !copyable) {
      runs[runs.length - 1] = { copyable, length: last.length + length };
    } else runs.push({ copyable, length });
  }
  const parts = piecesOf(pack(runs, limits), stretches);
  const starts = segmentStarts(segments);
  const pieces = parts.flatMap((part) => part.pieces);
  return {
    size,
    parts,
    spansOf: (deferred, crcOf) =>
      deferred.spans.map(({ first, end }) => {
        const within = (piece: Piece): boolean =>
          piece.start >= starts[first]! && piece.end <= starts[end]!;
        return pieces
          .filter(within)
          .reduce((crc, piece) => combineCrc32(crc, crcOf(piece), piece.end - piece.start), 0);
      }),
  };
}

/** Of a copied part, the one range that it is. */
export function copyOf({ pieces }: PlannedPart): PlannedCopy {
  const [{ content, start, end }] = pieces as readonly [Piece];
  const { source, offset } = content as ByteRange;
  return { source: source as ObjectSource, offset, length: end - start };
}

function isCopyable(content: Segment): boolean {
  return isRange(content) && isObjectSource(content.source) && content.source.size > leastSource;
}

interface Stretch {
  readonly content: Segment;
  readonly start: number;
  readonly length: number;
}

/** Ranges that follow each other in their source are one; what a deferred segment spans ends there. */
function joinNeighbours(segments: readonly Segment[]): Stretch[] {
  const edges = new Set(
    segments
      .filter(isDeferred)
      .flatMap(({ spans }) => spans.flatMap(({ first, end }) => [first, end])),
  );
  const stretches: Stretch[] = [];
  let start = 0;
  for (const [index, content] of segments.entries()) {
    const { length } = content;
    if (length === 0) continue;
    const last = stretches.at(-1);
    if (
      last !== undefined &&
      !edges.has(index) &&
      isRange(content) &&
      isRange(last.content) &&
      last.content.source === content.source &&
      last.content.offset + last.length === content.offset
    ) {
      const joined = { ...last.content, length: last.length + length };
      stretches[stretches.length - 1] = {
        content: joined,
        start: last.start,
        length: joined.length,
      };
    } else stretches.push({ content, start, length });
    start += length;
  }
  return stretches;
}

function piecesOf(parts: readonly Part[], stretches: readonly Stretch[]): PlannedPart[] {
  let at = 0;
  return parts.map((part, index) => {
    const pieces: Piece[] = [];
    for (; at < stretches.length; at += 1) {
      const stretch = stretches[at]!;
      const start = Math.max(part.start, stretch.start);
      const end = Math.min(part.end, stretch.start + stretch.length);
      if (start < end) {
        pieces.push({
          start,
          end,
          content: cut(stretch.content, start - stretch.start, end - start),
        });
      }
      if (stretch.start + stretch.length > part.end) break;
    }
    return { ...part, number: index + 1, pieces };
  });
}

function cut(content: Segment, offset: number, length: number): Piece["content"] {
  if (isDeferred(content)) return { deferred: content, offset };
  if (isRange(content)) return { source: content.source, offset: content.offset + offset, length };
  return content.subarray(offset, offset + length);
}

/** Where each segment starts; and the end. */
function segmentStarts(segments: readonly Segment[]): number[] {
  const starts = [0];
  for (const { length } of segments) starts.push(starts.at(-1)! + length);
  return starts;
}
