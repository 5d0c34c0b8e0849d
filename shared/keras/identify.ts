import type { ByteSource } from "../bytes/source.ts";
import { CleaveError, quote } from "../errors.ts";
import { signature as hdf5 } from "../hdf5/superblock.ts";

/** What a file is by its first bytes; its name says nothing. */
export type FileKind = "hdf5" | "zip" | "json";

const headLength = 512;

/** How files that people take for models start, and what they are. */
const foreign: readonly { starts: string; at?: number; what: string }[] = [
  {
    starts: "version https://git-lfs.github.com/spec/",
    what: 'a Git LFS pointer; run "git lfs pull" to get the file it stands for',
  },
  { starts: "\x1f\x8b", what: "gzip; unpack it first" },
  { starts: "7z\xbc\xaf\x27\x1c", what: "a 7z archive; unpack it first" },
  { starts: "ustar", at: 257, what: "a tar archive; unpack it first" },
  {
    starts: "TFL3",
    at: 4,
    what: "a TensorFlow Lite model; the Keras model it was made from is needed",
  },
  { starts: "\x93NUMPY", what: "a numpy array" },
  { starts: "\x80\x02", what: "a Python pickle, which cannot be read without running it" },
  { starts: "\x80\x03", what: "a Python pickle, which cannot be read without running it" },
  { starts: "\x80\x04", what: "a Python pickle, which cannot be read without running it" },
  { starts: "\x80\x05", what: "a Python pickle, which cannot be read without running it" },
  {
    starts: "\x08",
    what: "a protocol buffer (ONNX or TensorFlow); the Keras model it was made from is needed",
  },
];

/**
 * @throws CleaveError `NOT_A_MODEL` for anything that is neither HDF5 nor ZIP nor JSON, saying what
 *   it seems to be
 */
export async function identify(source: ByteSource): Promise<FileKind> {
  const head = await source.read(0, Math.min(headLength, source.size));
  if (head.length === 0) refuse("empty");
  if (startsWith(head, hdf5)) return "hdf5";
  const text = Buffer.from(head).toString("latin1");
  if (text.startsWith("PK\x03\x04") || text.startsWith("PK\x05\x06")) return "zip";
  const found = foreign.find(({ starts, at = 0 }) => text.startsWith(starts, at));
  if (found !== undefined) refuse(found.what);
  if (/^\{\s*"__metadata__"|^\{"/.test(text.slice(8)) && text.charCodeAt(7) === 0) {
    refuse("safetensors, tensors without a Keras architecture");
  }
  const start = text.replace(/^\xef\xbb\xbf/, "").trimStart();
  if (start.startsWith("{")) return "json";
  if (/^<(!doctype html|html|\?xml|Error)/i.test(start)) {
    const said = /<(?:code|title)>([^<]*)/i.exec(start)?.[1] ?? start;
    refuse(
      `a web page or an error message of a server (${quote(said, 60)}); download the file again`,
    );
  }
  if (/^(class_name|backend):/m.test(start)) {
    refuse("YAML of to_yaml(); write the architecture with to_json() instead");
  }
  if (startsWith(hdf5, head)) refuse(`truncated after ${head.length} bytes`);
  return refuse(`neither HDF5 nor ZIP (it starts with ${quote(text.slice(0, 16))})`);
}

function startsWith(head: Uint8Array, signature: Uint8Array): boolean {
  return Buffer.compare(head.subarray(0, signature.length), signature) === 0;
}

function refuse(what: string): never {
  throw new CleaveError("NOT_A_MODEL", `This is no Keras model: it is ${what}.`);
}
