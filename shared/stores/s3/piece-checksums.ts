import { combineCrc32, crc32 } from "../../bytes/crc32.ts";
import type { Deferred } from "../../bytes/layout.ts";
import type { ByteRange } from "../../bytes/source.ts";
import type { DeferredPiece, Piece, PlannedObject, PlannedPart } from "./planned-object.ts";

/** CRC-32 of every piece of an object, as they become known, and what follows from them. */
export class PieceChecksums {
  readonly #plan: PlannedObject;
  readonly #known = new Map<Piece, number>();
  readonly #made = new Map<Deferred, Uint8Array>();

  constructor(plan: PlannedObject) {
    this.#plan = plan;
  }

  set(piece: Piece, value: number): void {
    this.#known.set(piece, value);
  }

  /** Computes those of a part whose bytes are at hand, but for what is deferred. */
  compute(part: PlannedPart, bytes: Uint8Array): void {
    this.#computeWhere(part, bytes, ({ content }) => !("deferred" in content));
  }

  computeDeferred(part: PlannedPart, bytes: Uint8Array): void {
    this.#computeWhere(part, bytes, ({ content }) => "deferred" in content);
  }

  #computeWhere(
    { start, pieces }: PlannedPart,
    bytes: Uint8Array,
    isMeant: (piece: Piece) => boolean,
  ): void {
    for (const piece of pieces) {
      if (isMeant(piece)) {
        this.set(piece, crc32(bytes.subarray(piece.start - start, piece.end - start)));
      }
    }
  }

  /** Of pieces after each other. */
  of(pieces: readonly Piece[]): number {
    return pieces.reduce(
      (crc, piece) => combineCrc32(crc, this.#known.get(piece)!, piece.end - piece.start),
      0,
    );
  }

  /** The bytes of a deferred segment, whose spans are all known. */
  readonly make = ({ deferred }: DeferredPiece): Uint8Array => {
    let bytes = this.#made.get(deferred);
    if (bytes === undefined) {
      bytes = deferred.make(this.#plan.spansOf(deferred, (piece) => this.#known.get(piece)!));
      this.#made.set(deferred, bytes);
    }
    return bytes;
  };

  /** Of the ranges that the pieces are. */
  get ranges(): Map<ByteRange, number> {
    const ranges = new Map<ByteRange, number>();
    for (const [{ content }, crc] of this.#known) {
      if ("source" in content) ranges.set(content, crc);
    }
    return ranges;
  }
}
