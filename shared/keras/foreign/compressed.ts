import { constants as buffer } from "node:buffer";
import { constants, gunzipSync, inflateSync } from "node:zlib";
import { quote } from "../../errors.ts";
import type { Foreign, Opened } from "./foreign.ts";
import { tarMember } from "./tar.ts";

/** Deflate makes at most 1,032 bytes of one, so a peek inflates to 1 MB at most. */
const peekLength = 1024;

const blockSize = 512;

/** RFC 1952. */
export function gzip({ head }: Opened): Foreign {
  const inside = kindOf(peek(gunzipSync, head));
  const advice = "Unpack it with gunzip and give the file within";
  return { is: inside === undefined ? "gzip" : `gzip of ${inside}`, advice };
}

/** RFC 1950; joblib.dump() with compress writes pickles so. Two bytes alone are no proof. */
export function zlib({ head }: Opened): Foreign | undefined {
  const start = peek(inflateSync, head);
  if (start.length === 0) return undefined;
  const inside = kindOf(start);
  const is = inside === undefined ? "zlib data" : `zlib data, compressed, of ${inside}`;
  return { is, advice: 'Where it was made, call model.save("model.keras") and give that file' };
}

function peek(inflate: Inflate, head: Buffer): Buffer {
  return inflateStart(inflate, head.subarray(0, peekLength)).subarray(0, blockSize);
}

type Inflate = typeof gunzipSync;

/**
 * What comes out of the first bytes of a stream; nothing where those are damaged, or make too much.
 *
 * @param maxOutputLength bytes
 */
export function inflateStart(
  inflate: Inflate,
  head: Uint8Array,
  maxOutputLength: number = buffer.MAX_LENGTH,
): Buffer {
  try {
    const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength };
    return inflate(head, options);
  } catch {
    return Buffer.alloc(0);
  }
}

function kindOf(start: Buffer): string | undefined {
  const text = start.toString("latin1");
  if (text.startsWith("\x89HDF\r\n\x1a\n")) return "an HDF5 file";
  if (text.startsWith("PK\x03\x04")) return "a ZIP archive";
  const member = tarMember(start);
  if (member !== undefined) return `a tar archive (it starts with ${quote(member, 60)})`;
  if (/^\x80[\x02-\x05]/.test(text)) return "a Python pickle";
  return text.trimStart().startsWith("{") ? "JSON" : undefined;
}
