import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createInflateRaw } from "node:zlib";
import { chunksOf } from "../bytes/chunks.ts";
import { crc32 } from "../bytes/crc32.ts";
import { wholeRange } from "../bytes/range-source.ts";
import type { ByteRange } from "../bytes/source.ts";
import { quote } from "../errors.ts";
import { checkLimit } from "../limits.ts";
import type { OpenFiles } from "../stores/open-files.ts";
import { invalidMember, type ZipMember } from "./member.ts";

/** Below this many bytes the ratio says nothing: a text of a few words repeats itself. */
const ratioFrom = 1024 * 1024;

/**
 * A compressed member, inflated into a temporary file, so that it can be read at any offset.
 *
 * @throws CleaveError `ZIP_INVALID` where size or checksum are not as declared; `LIMIT_EXCEEDED`
 *   before anything is inflated
 */
export async function inflateMember(member: ZipMember, files: OpenFiles): Promise<ByteRange> {
  const { name, size, stored } = member;
  if (size > ratioFrom) checkLimit("inflateRatio", Math.ceil(size / stored.length), quote(name));
  const path = await files.temporaryPath();
  let found = 0;
  let crc = 0;
  const check = async function* (inflated: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const bytes of inflated) {
      found += bytes.length;
      if (found > size) invalidMember(name, "inflates to more than its declared size", "KZ606");
      crc = crc32(bytes, crc);
      yield bytes;
    }
  };
  await pipeline(copiesOf(stored), createInflateRaw(), check, createWriteStream(path)).catch(
    (cause: NodeJS.ErrnoException) => {
      if (cause.code?.startsWith("Z_")) invalidMember(name, "cannot be inflated", "KB706", cause);
      throw cause;
    },
  );
  if (found !== size) invalidMember(name, "has another size than declared", "KZ606");
  if (member.crc32 !== null && crc !== member.crc32) {
    invalidMember(name, "does not match its checksum (CRC-32)", "KB707");
  }
  return wholeRange(await files.open(path));
}

/** A stream keeps chunks longer than the buffer they stand in. */
export async function* copiesOf(range: ByteRange): AsyncGenerator<Uint8Array> {
  for await (const bytes of chunksOf(range)) yield Buffer.from(bytes);
}
