import { deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memorySource } from "#shared/bytes/memory-source.ts";
import type { CleaveError } from "#shared/errors.ts";
import { identify } from "#shared/keras/identify.ts";
import { readModel } from "#shared/keras/read-model.ts";
import { OpenFiles } from "#shared/stores/open-files.ts";
import { observedSource, zeroSource } from "../support/sources.ts";
import { zipArchive, type RawMember } from "../support/zip.ts";

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");
const hdf5 = latin1("\x89HDF\r\n\x1a\n\0\0\0\0");

async function refusalOf(content: Uint8Array): Promise<string> {
  const error = await identify(memorySource("model.keras", content)).catch(
    (found: unknown) => found,
  );
  expect(error).toMatchObject({ name: "CleaveError", code: "NOT_A_MODEL" });
  return (error as CleaveError).message;
}

/** As tar made them before there was a signature: a name and a sum of the header. */
function oldTar(name: string): Buffer {
  const header = Buffer.alloc(512);
  header.write(name);
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return Buffer.concat([header, hdf5]);
}

function safetensors(header: object): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeUInt32LE(json.length);
  return Buffer.concat([length, json, Buffer.alloc(8)]);
}

/** A field of a protocol buffer that holds bytes. */
const field = (number: number, content: string): string =>
  String.fromCharCode(number * 8 + 2, content.length) + content;

const node = field(1, field(1, "input") + field(2, "Placeholder"));
const tableEnd = Buffer.from("57fb808b247547db", "hex");
const lfs = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 225471904\n";
const s3 = "<Error><Code>NoSuchKey</Code><Message>The key does not exist.</Message></Error>";

describe("what people take for a model is named, with what is known of it", () => {
  test.each<[string, string | Uint8Array, readonly string[]]>([
    ["a Git LFS pointer", lfs, ["Git LFS", "225,471,904 bytes", "git lfs pull"]],
    ["a page", "<html><head><title>Sign in</title>", ["HTML", "Sign in"]],
    ["an error of S3", `<?xml version="1.0"?>\n${s3}`, ["NoSuchKey", "The key does not exist."]],
    ["gzip of HDF5", gzipSync(Buffer.concat([hdf5, Buffer.alloc(9000)])), ["gzip", "HDF5"]],
    ["gzip of ZIP", gzipSync(latin1("PK\x03\x04")), ["gzip", "ZIP"]],
    ["gzip of tar", gzipSync(oldTar("m.h5")), ["gzip", "tar", "m.h5"]],
    ["tar without a signature", oldTar("my/model.h5"), ["tar", "my/model.h5"]],
    ["bzip2", "BZh91AY&SY", ["bzip2"]],
    ["xz", latin1("\xfd7zXZ\0"), ["xz"]],
    ["zstd", latin1("\x28\xb5\x2f\xfd"), ["zstd"]],
    ["a pickle of protocol 0", "(dp0\nS'a'\np1\nI1\ns.", ["pickle", "running"]],
    ["a pickle of a class", "ccollections\nOrderedDict\np0\n(tRp1\n.", ["pickle"]],
    ["a pickle of protocol 1", latin1("]q\0(K\x01K\x02e."), ["pickle"]],
    ["a pickle of joblib", latin1("\x80\x04\x95\0\0\0\x8c\x13joblib.numpy_pickle"), ["joblib"]],
    ["joblib, compressed", deflateSync(latin1("\x80\x04\x95\0\0\0")), ["compressed", "pickle"]],
    [
      "PyTorch's old files",
      latin1("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."),
      ["PyTorch"],
    ],
    ["safetensors", safetensors({ __metadata__: {}, a: {}, b: {} }), ["safetensors", "2 tensors"]],
    [
      "half of safetensors",
      safetensors({ a: {}, b: {} }).subarray(0, 12),
      ["safetensors", "trunc"],
    ],
    ["SavedModel", latin1(`\x08\x01${field(2, field(1, field(4, "serve")))}`), ["SavedModel"]],
    ["ONNX", latin1(`\x08\x08${field(2, "pytorch")}${field(7, "\0")}`), ["ONNX", "pytorch"]],
    ["ONNX without a writer", latin1(`\x08\x07${field(7, "\0")}`), ["ONNX"]],
    ["a frozen graph", latin1(node + node), ["GraphDef"]],
    ["TensorFlow Lite", latin1("\x1c\0\0\0TFL3"), ["TensorFlow Lite"]],
    ["a checkpoint", Buffer.concat([Buffer.alloc(64, 1), tableEnd]), ["checkpoint"]],
    ["a checkpoint's note", 'model_checkpoint_path: "c-1"\n', ["checkpoint"]],
    [
      "a numpy array",
      latin1("\x93NUMPY\x01\0v\0{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }"),
      ["numpy", "<f4", "(3, 4)"],
    ],
    ["YAML", "backend: tensorflow\nclass_name: Sequential\n", ["YAML", "to_json()"]],
    ["JSON in UTF-16", Buffer.from('\ufeff{"class_name"', "utf16le"), ["UTF-16"]],
    ["HDF5 with CR LF for LF", latin1("\x89HDF\r\r\n\x1a\r\n\0"), ["HDF5", "text"]],
    ["HDF5 with LF for CR LF", latin1("\x89HDF\n\x1a\n\0\0\0"), ["HDF5", "text"]],
    ["HDF5 as UTF-8", Buffer.from("\x89HDF\r\n\x1a\n\0"), ["HDF5", "text"]],
    ["HDF5 as ASCII", latin1("?HDF\r\n\x1a\n\0"), ["HDF5", "text"]],
    ["zeros", Buffer.alloc(65_536), ["65,536 bytes", "zeros"]],
    ["a missing start", Buffer.concat([Buffer.alloc(8200), hdf5]), ["zeros", "8,200"]],
    ["half a signature of HDF5", latin1("\x89HD"), ["truncated", "HDF5"]],
    ["half a signature of ZIP", "PK", ["truncated", "ZIP"]],
    ["HDF5 behind a user block", Buffer.concat([Buffer.alloc(512, "#"), hdf5]), ["byte 512"]],
  ])("%s", async (_, content, words) => {
    const message = await refusalOf(typeof content === "string" ? Buffer.from(content) : content);

    for (const word of words) expect(message).toContain(word);
  });
});

describe("an archive of another kind is named by what it holds", () => {
  const members = (...names: string[]): RawMember[] => names.map((name) => ({ name }));
  test.each<[string, readonly RawMember[], string]>([
    [
      "a model in an archive",
      [{ name: "my/model.keras", content: latin1("PK\x03\x04 and more") }],
      "my/model.keras",
    ],
    ["the same, compressed", [{ name: "model.h5", content: hdf5, deflated: true }], "model.h5"],
    ["PyTorch", members("m/data.pkl", "m/data/0"), "PyTorch"],
    ["TorchScript", members("m/data.pkl", "m/constants.pkl", "m/code/a.py"), "TorchScript"],
    ["a numpy archive", members("a.npy", "b.npy"), "2 arrays"],
    ["a SavedModel", members("m/saved_model.pb", "m/variables/variables.index"), "SavedModel"],
    ["nothing", [], "empty"],
    ["a model without weights", members("config.json", "metadata.json"), "lacks its weights"],
    ["anything else", members("a.txt", "b.txt"), '"a.txt", "b.txt"'],
  ])("%s", async (_, content, words) => {
    const files = new OpenFiles();

    const reading = readModel(memorySource("model", zipArchive(content)), files);

    await expect(reading).rejects.toThrow(words);
    await files.close();
  });
});

describe("JSON in place of a model is named by what it says", () => {
  test.each([
    ["an architecture", '{"class_name": "Sequential", "config": {"name": "s"}}', "--architecture"],
    ["TensorFlow.js", '{"modelTopology": {}, "weightsManifest": []}', "TensorFlow.js"],
    ["an unpacked model's part", '{"keras_version": "3.0", "date_saved": "x"}', "metadata.json"],
    ["an error", '{"message": "Forbidden"}', "Forbidden"],
    ["cut JSON", '{"class_name": "Seq', "cut"],
    ["any other", '{"model_type": "bert"}', '"model_type"'],
  ])("%s", async (_, content, words) => {
    const files = new OpenFiles();

    const reading = readModel(memorySource("model", Buffer.from(content)), files);

    await expect(reading).rejects.toThrow(words);
    await files.close();
  });
});

test("nothing of a foreign file reaches a terminal raw", async () => {
  const page = Buffer.from("<html><title>\u001b[31m\u202e\n::error::</title>");

  const message = await refusalOf(page);

  expect(message).not.toMatch(/[\0-\x1f\u202e]/);
});

test("a foreign file of 100 GB is told by a few megabytes of it", async () => {
  const source = observedSource(zeroSource(1e11));

  await expect(identify(source)).rejects.toThrow("zeros");

  expect(source.reads.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(8e6);
});

const starts =
  "|\x08|\x0a|\x78\x9c|\x1f\x8b\x08\0|\x80\x02|<|\0|\x89HDF|(d|\x08\x01\x12|\x0a\x0e\x0a\x05input|BZh|\xff\xfe|\x02\0\0\0\0\0\0\0{".split(
    "|",
  );

test("whatever the bytes, a file is of a known kind or refused as none", async () => {
  const start = fc.constantFrom(...starts);
  await fc.assert(
    fc.asyncProperty(start, fc.uint8Array({ maxLength: 600 }), async (first, rest) => {
      const source = memorySource("model", Buffer.concat([latin1(first), rest]));

      const found = await identify(source).catch((error: unknown) => error);

      if (typeof found === "string") expect(["hdf5", "zip", "json"]).toContain(found);
      else expect(found).toMatchObject({ name: "CleaveError", code: "NOT_A_MODEL" });
    }),
    { numRuns: 1000 },
  );
});
