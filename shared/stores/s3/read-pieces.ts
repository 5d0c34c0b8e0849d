import type { ByteRange } from "../../bytes/source.ts";
import type { DeferredPiece, Piece } from "./planned-object.ts";

/**
 * The bytes of pieces that stand after each other, in memory; those of deferred segments are zeros.
 * All ranges are read at once, so that neighbours are joined to one request.
 */
export async function readPieces(pieces: readonly Piece[]): Promise<Uint8Array> {
  const first = pieces[0]?.start ?? 0;
  const bytes = Buffer.alloc((pieces.at(-1)?.end ?? first) - first);
  await Promise.all(
    pieces.map(async ({ start, end, content }) => {
      const target = bytes.subarray(start - first, end - first);
      if (content instanceof Uint8Array) target.set(content);
      else if ("source" in content) await readInto(target, content);
    }),
  );
  return bytes;
}

/** Puts deferred segments into the bytes that `readPieces` gave. */
export function fillDeferred(
  pieces: readonly Piece[],
  bytes: Uint8Array,
  make: (piece: DeferredPiece) => Uint8Array,
): void {
  const first = pieces[0]?.start ?? 0;
  for (const { start, end, content } of pieces) {
    if (!("deferred" in content)) continue;
    const { offset } = content;
    bytes.set(make(content).subarray(offset, offset + end - start), start - first);
  }
}

async function readInto(target: Uint8Array, { source, offset, length }: ByteRange): Promise<void> {
  const bytes = await source.read(offset, length, target);
  if (bytes.buffer !== target.buffer || bytes.byteOffset !== target.byteOffset) target.set(bytes);
}
