import { constants, gunzipSync, inflateSync } from "node:zlib";
import { quote } from "../../errors.ts";
import type { Foreign, Opened } from "./foreign.ts";

/** Deflate makes at most 1,032 bytes of one, so a peek inflates to 1 MB at most. */
const peekLength = 1024;

const blockSize = 512;

/** RFC 1952. */
export function gzip({ head }: Opened): Foreign {
  const inside = kindOf(peek(gunzipSync, head));
  const advice = "Unpack it with gunzip and give the file within";
  return { is: inside === undefined ? "gzip" : `gzip of ${inside}`, advice };
}

/** RFC 1950; joblib.dump() with compress writes pickles so. */
export function zlib({ head }: Opened): Foreign {
  const inside = kindOf(peek(inflateSync, head));
  const is = inside === undefined ? "zlib data" : `zlib data, compressed, of ${inside}`;
  return { is, advice: 'Where it was made, call model.save("model.keras") and give that file' };
}

/** POSIX ustar: a header of 512 bytes starts with the name of the first member. */
export function tar({ head }: Opened): Foreign {
  const name = head.subarray(0, 100).toString("latin1").split("\0", 1)[0]!;
  return {
    is: `a tar archive (it starts with ${quote(name, 60)})`,
    advice: "Unpack it with tar -xf and give the file within",
  };
}

/** The first bytes that come out of the first that went in; none where those are damaged. */
function peek(inflate: typeof gunzipSync, head: Buffer): Buffer {
  try {
    const options = { finishFlush: constants.Z_SYNC_FLUSH };
    return inflate(head.subarray(0, peekLength), options).subarray(0, blockSize);
  } catch {
    return Buffer.alloc(0);
  }
}

function kindOf(start: Buffer): string | undefined {
  const text = start.toString("latin1");
  if (text.startsWith("\x89HDF\r\n\x1a\n")) return "an HDF5 file";
  if (text.startsWith("PK\x03\x04")) return "a ZIP archive";
  if (text.startsWith("ustar", 257)) return "a tar archive";
  if (/^\x80[\x02-\x05]/.test(text)) return "a Python pickle";
  return text.trimStart().startsWith("{") ? "JSON" : undefined;
}
