import type { ByteSource } from "../bytes/source.ts";
import { CleaveError, quote } from "../errors.ts";
import { signature as hdf5 } from "../hdf5/superblock.ts";
import { startsWith } from "./foreign/compressed.ts";
import { fileStart } from "./foreign/file-start.ts";
import { describeForeign } from "./foreign/signatures.ts";

/** What a file is by its first bytes; its name says nothing. */
export type FileKind = "hdf5" | "zip" | "json";

/**
 * @throws CleaveError `NOT_A_MODEL` for anything that is neither HDF5 nor ZIP nor JSON, saying what
 *   it seems to be
 */
export async function identify(source: ByteSource): Promise<FileKind> {
  if (source.size === 0) refuse("empty (0 bytes); download or save it again");
  const start = await fileStart(source);
  const { head, text } = start;
  if (head.length >= hdf5.length && startsWith(head, hdf5)) return "hdf5";
  if (text.startsWith("PK\x03\x04") || text.startsWith("PK\x05\x06")) return "zip";
  if (text.replace(/^\xef\xbb\xbf/, "").trimStart().startsWith("{")) return "json";
  return refuse(
    (await describeForeign(start)) ??
      `neither HDF5 nor ZIP (it starts with ${quote(text.slice(0, 16))})`,
  );
}

function refuse(what: string): never {
  throw new CleaveError("NOT_A_MODEL", `This is no Keras model: it is ${what}.`);
}
