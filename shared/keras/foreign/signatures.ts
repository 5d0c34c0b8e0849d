import { gzip, zlib } from "./compressed.ts";
import type { Foreign, Opened } from "./foreign.ts";
import { npy } from "./numpy.ts";
import { lfsPointer } from "./pointer.ts";
import { pickle, torchPickle } from "./pickle.ts";

/** How files of a kind start, or what stands at a fixed place of them. */
interface Signature {
  readonly starts: string;
  /** In bytes; 0 unless said. */
  readonly at?: number;
  readonly what: Foreign | ((file: Opened) => Foreign | undefined);
}

const unpack = "Unpack it and give the file within";
const save = 'Where it was made, call model.save("model.keras") and give that file';
const mangled = "Download or copy it again in binary mode";

function mangledHdf5(how: string): Foreign {
  return { is: `an HDF5 file that was damaged as text (${how})`, advice: mangled };
}

/** Characters are bytes. */
const signatures: readonly Signature[] = [
  { starts: "version https://git-lfs.github.com/spec/", what: lfsPointer },
  // Before it was called Git LFS.
  { starts: "version https://hawser.github.com/spec/", what: lfsPointer },
  { starts: "\x1f\x8b", what: gzip },
  { starts: "BZh", what: { is: "bzip2", advice: unpack } },
  { starts: "\x04\x22\x4d\x18", what: { is: "lz4", advice: unpack } },
  { starts: "\xfd7zXZ\0", what: { is: "xz", advice: unpack } },
  { starts: "\x28\xb5\x2f\xfd", what: { is: "zstd (Zstandard)", advice: unpack } },
  { starts: "7z\xbc\xaf\x27\x1c", what: { is: "a 7z archive", advice: unpack } },
  { starts: "Rar!\x1a\x07", what: { is: "a RAR archive", advice: unpack } },
  { starts: "x\x01", what: zlib },
  { starts: "x\x5e", what: zlib },
  { starts: "x\x9c", what: zlib },
  { starts: "x\xda", what: zlib },
  {
    starts: "TFL3",
    at: 4,
    what: {
      is: "a TensorFlow Lite model (TFLite)",
      advice: "It cannot be turned back; give the Keras model it was converted from",
    },
  },
  { starts: "\x93NUMPY", what: npy },
  // torch.save() before 1.6: the pickle of its magic number (torch/serialization.py, MAGIC_NUMBER).
  { starts: "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", what: torchPickle },
  { starts: "\x80\x02", what: pickle },
  { starts: "\x80\x03", what: pickle },
  { starts: "\x80\x04", what: pickle },
  { starts: "\x80\x05", what: pickle },
  {
    starts: "GGUF",
    what: { is: "GGUF, weights for llama.cpp", advice: "Cleave takes models that Keras saved" },
  },
  {
    starts: "MATLAB 5.0 MAT-file",
    what: { is: "data of MATLAB", advice: `MATLAB's networks are no Keras models. ${save}` },
  },
  { starts: "%PDF-", what: { is: "a PDF document", advice: "Give the file of the model" } },
  { starts: "\x89PNG\r\n", what: { is: "a PNG picture", advice: "Give the file of the model" } },
  { starts: "\xff\xd8\xff", what: { is: "a JPEG picture", advice: "Give the file of the model" } },
  { starts: "iUhERg0KGgo", what: { is: "an HDF5 file in Base64", advice: "Decode it first" } },
  { starts: "UEsDB", what: { is: "a ZIP archive in Base64", advice: "Decode it first" } },
  // The HDF5 signature has a CR LF, an LF and a byte above 127, so that such damage shows at once.
  { starts: "\x89HDF\n\x1a\n", what: mangledHdf5("CR LF became LF") },
  { starts: "\x89HDF\r\r\n", what: mangledHdf5("LF became CR LF") },
  { starts: "\x89HDF\r\n\x1a\r\n", what: mangledHdf5("LF became CR LF") },
  { starts: "\x09HDF\r\n", what: mangledHdf5("only 7 bits of each byte are left") },
  { starts: "\xc2\x89HDF", what: mangledHdf5("its bytes were encoded as UTF-8") },
  { starts: "\xef\xbf\xbdHDF", what: mangledHdf5("bytes that are no UTF-8 were replaced") },
  { starts: "?HDF\r\n", what: mangledHdf5("bytes that are no ASCII were replaced") },
];

/** @returns undefined where no signature fits, or what follows it does not */
export function bySignature(file: Opened): Foreign | undefined {
  for (const { starts, at = 0, what } of signatures) {
    if (!file.text.startsWith(starts, at)) continue;
    const found = typeof what === "function" ? what(file) : what;
    if (found !== undefined) return found;
  }
  return undefined;
}
