/** Neighbouring bytes of a planned object that are alike in whether S3 can copy them. */
export interface Run {
  /** In bytes, at least 1. */
  readonly length: number;
  /** Whether all of it stands after each other in one object that ranges may be copied from. */
  readonly copyable: boolean;
}

/** One part of a multipart upload: bytes `start` up to but without `end` of the object. */
export interface Part {
  readonly start: number;
  readonly end: number;
  /** By S3 itself, from within one run; else its bytes are read and sent. */
  readonly copied: boolean;
}

export interface PartLimits {
  /** Bytes of every part but the last. */
  readonly least: number;
  readonly most: number;
  readonly parts: number;
  /** Bytes of a part that is sent: it is in memory as a whole, at up to twice this size. */
  readonly sent: number;
  /** Bytes of a copied part: small enough that many are under way at a time. */
  readonly copied: { readonly least: number; readonly most: number };
}

const MiB = 1024 * 1024;

/** "Amazon S3 multipart upload limits" of the S3 User Guide: 10,000 parts of 5 MiB to 5 GiB. */
export const partLimits: PartLimits = {
  least: 5 * MiB,
  most: 5 * 1024 * MiB,
  parts: 10_000,
  sent: 8 * MiB,
  copied: { least: 64 * MiB, most: 512 * MiB },
};

/** So many parts make a large object, as long as their size allows. */
const usualParts = 256;

/**
 * Divides an object into parts: every byte is in one, in order, all within the limits. As few bytes
 * as possible are sent; where two ways send equally many, the one with fewer parts is taken.
 *
 * Runs that are too short to be copied are sent. To reach the least size of a part they borrow from
 * the runs beside them, whose bytes are then read and sent as well.
 *
 * @throws RangeError where even the largest parts are too many
 */
export function pack(runs: readonly Run[], limits: PartLimits): Part[] {
  const size = runs.reduce((sum, { length }) => sum + length, 0);
  if (size > limits.parts * limits.most) throw new RangeError(`${size} bytes are too many`);
  // Too many parts: larger ones, and short copies are sent together instead.
  for (let scale = 1; ; scale *= 2) {
    const least = Math.min(limits.least * Math.max(1, scale / 8), limits.most / 2);
    const copies = chooseCopies(runs, least);
    const copied = copies.reduce((sum, { start, end }) => sum + end - start, 0);
    const wished = Math.min(
      Math.max(Math.ceil(copied / usualParts), limits.copied.least),
      limits.copied.most,
    );
    const parts = divide(copies, size, {
      copied: Math.min(wished * scale, limits.most),
      sent: Math.min(Math.max(limits.sent * scale, least), limits.most / 2),
    });
    if (parts.length <= limits.parts) return parts;
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** A run that could be copied, and the best way to have copied it and chosen all before it. */
interface Candidate extends Span {
  /** Bytes from its start that go with what is sent before it. */
  readonly head: number;
  /** Bytes sent before its copied part. */
  readonly sent: number;
  /** Runs copied so far. */
  readonly copies: number;
  readonly before: { readonly way: Candidate; readonly tail: number } | null;
}

/**
 * Which stretches to copy. Between two of them nothing is sent, or at least `least` bytes.
 *
 * Going forward, each candidate keeps the ways to have reached it that are not worse in both bytes
 * sent and bytes borrowed from it. Of three candidates in a row at least one is always worth
 * copying: the middle one has enough on both sides.
 */
function chooseCopies(runs: readonly Run[], least: number): Span[] {
  const candidates: Span[] = [];
  let size = 0;
  for (const [index, { length, copyable }] of runs.entries()) {
    // The object's last part may be of any size.
    if (copyable && (length >= least || index === runs.length - 1)) {
      candidates.push({ start: size, end: size + length });
    }
    size += length;
  }
  const ways: Candidate[][] = [];
  const mostSkipped = 3;
  for (const [index, span] of candidates.entries()) {
    const needed = span.end === size ? 1 : least;
    const found: Candidate[] = [];
    const reach = (before: Candidate | null): void => {
      const gap = span.start - (before?.end ?? 0);
      const missing = gap === 0 ? 0 : Math.max(0, least - gap);
      const spare = before === null ? 0 : before.end - before.start - before.head - least;
      const tail = Math.min(missing, spare);
      const head = missing - tail;
      if (span.end - span.start - head < needed) return;
      const sent = (before?.sent ?? 0) + gap + missing;
      const copies = (before?.copies ?? 0) + 1;
      found.push({ ...span, head, sent, copies, before: before && { way: before, tail } });
    };
    if (index < mostSkipped) reach(null);
    for (const way of ways.slice(Math.max(0, index - mostSkipped)).flat()) reach(way);
    ways.push(bestOf(found));
  }
  let best: Candidate | undefined;
  for (const way of ways.slice(-mostSkipped).flat()) {
    if (best === undefined || compareWays(way, best, size) < 0) best = way;
  }
  return best === undefined ? [] : spansOf(best);
}

/** Those that no other beats in both what is sent and what is borrowed. */
function bestOf(ways: readonly Candidate[]): Candidate[] {
  const sorted = ways.toSorted((a, b) => a.sent - b.sent || a.head - b.head || a.copies - b.copies);
  let head = Infinity;
  return sorted.filter((way) => {
    const isBetter = way.head < head;
    head = Math.min(head, way.head);
    return isBetter;
  });
}

function compareWays(a: Candidate, b: Candidate, size: number): number {
  return a.sent + size - a.end - (b.sent + size - b.end) || a.copies - b.copies;
}

function spansOf(last: Candidate): Span[] {
  const spans: Span[] = [];
  let tail = 0;
  for (let way: Candidate | undefined = last; way !== undefined; way = way.before?.way) {
    spans.push({ start: way.start + way.head, end: way.end - tail });
    tail = way.before?.tail ?? 0;
  }
  return spans.toReversed();
}

/** Parts of about the sizes wished for; what lies between the copies is sent. */
function divide(
  copies: readonly Span[],
  size: number,
  wished: { readonly copied: number; readonly sent: number },
): Part[] {
  const parts: Part[] = [];
  const add = (start: number, end: number, count: number, copied: boolean): void => {
    for (let index = 0; index < count; index += 1) {
      const at = (share: number): number => start + Math.floor(((end - start) * share) / count);
      parts.push({ start: at(index), end: at(index + 1), copied });
    }
  };
  let done = 0;
  const send = (until: number): void => {
    if (until > done)
      add(done, until, Math.max(1, Math.floor((until - done) / wished.sent)), false);
  };
  for (const { start, end } of copies) {
    send(start);
    add(start, end, Math.ceil((end - start) / wished.copied), true);
    done = end;
  }
  send(size);
  return parts;
}
