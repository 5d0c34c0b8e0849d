import type { ByteSource } from "../bytes/source.ts";
import { signature as hdf5 } from "../hdf5/superblock.ts";
import { openHead, refuseForeign, retry, type Foreign, type Opened } from "./foreign/foreign.ts";
import { oldPickle } from "./foreign/pickle.ts";
import { protobuf } from "./foreign/protobuf.ts";
import { safetensors } from "./foreign/safetensors.ts";
import { bySignature } from "./foreign/signatures.ts";
import { tar } from "./foreign/tar.ts";
import { checkpointIndex, foreignText } from "./foreign/text.ts";
import { behindPrefix, behindUserBlock, messagePack, unknown, zeros } from "./foreign/unsigned.ts";

/** What a file is by its first bytes; its name says nothing. */
export type FileKind = "hdf5" | "zip" | "json";

type Recogniser = (file: Opened) => Foreign | undefined | Promise<Foreign | undefined>;

/** From what tells most about a file to what tells least. */
const recognisers: readonly Recogniser[] = [
  bySignature,
  tar,
  safetensors,
  foreignText,
  behindUserBlock,
  behindPrefix,
  zeros,
  protobuf,
  oldPickle,
  messagePack,
  checkpointIndex,
];

/**
 * @throws CleaveError `NOT_A_MODEL` for anything that is neither HDF5 nor ZIP nor JSON, saying what
 *   it is instead and what to do
 */
export async function identify(source: ByteSource): Promise<FileKind> {
  const file = await openHead(source);
  const { head, text } = file;
  if (head.length === 0) refuseForeign({ is: "empty", advice: retry, rule: "KB701" });
  if (startsWith(head, hdf5)) return "hdf5";
  if (text.startsWith("PK\x03\x04") || text.startsWith("PK\x05\x06")) return "zip";
  refuseStart(file);
  for (const recognise of recognisers) {
    const foreign = await recognise(file);
    if (foreign !== undefined) refuseForeign(foreign);
  }
  if (/^(?:\xef\xbb\xbf)?\s*\{/.test(text)) return "json";
  return refuseForeign(unknown(file));
}

/** A file that ends within the signature of a model file. */
function refuseStart({ head }: Opened): void {
  const kind = startsWith(hdf5, head)
    ? "an HDF5 file"
    : startsWith(Buffer.from("PK\x03\x04"), head)
      ? "a ZIP archive"
      : undefined;
  if (kind === undefined) return;
  refuseForeign({
    is: `truncated after ${head.length} bytes, the first of ${kind}`,
    advice: retry,
    rule: "KB705",
  });
}

function startsWith(head: Uint8Array, signature: Uint8Array): boolean {
  return Buffer.compare(head.subarray(0, signature.length), signature) === 0;
}
