import { describe, expect, test } from "vitest";
import { memorySource } from "#shared/bytes/memory-source.ts";
import { CleaveError } from "#shared/errors.ts";
import { identify } from "#shared/keras/identify.ts";

function source(content: string | Uint8Array): ReturnType<typeof memorySource> {
  return memorySource("model.keras", typeof content === "string" ? Buffer.from(content) : content);
}

const latin1 = (text: string): Uint8Array => Buffer.from(text, "latin1");
const tar = Buffer.alloc(512);
tar.write("ustar", 257);

describe("what is no model is refused as what it seems to be", () => {
  test.each([
    ["an empty file", "", "empty"],
    [
      "a Git LFS pointer",
      "version https://git-lfs.github.com/spec/v1\noid sha256:1\n",
      "git lfs pull",
    ],
    ["gzip", latin1("\x1f\x8b\x08"), "gzip"],
    ["7z", latin1("7z\xbc\xaf\x27\x1c"), "7z"],
    ["tar", tar, "tar"],
    ["TensorFlow Lite", latin1("\x1c\0\0\0TFL3"), "TensorFlow Lite"],
    ["numpy", latin1("\x93NUMPY\x01"), "numpy"],
    ["a pickle", latin1("\x80\x04\x95"), "pickle"],
    ["ONNX", latin1("\x08\x07\x12\x07pytorch"), "ONNX"],
    ["safetensors", latin1('\x40\0\0\0\0\0\0\0{"a":{}}'), "safetensors"],
    ["a web page", "<!DOCTYPE html><title>404 Not Found</title>", "404 Not Found"],
    ["an S3 error", '<?xml version="1.0"?><Error><Code>AccessDenied</Code>', "AccessDenied"],
    ["YAML", "backend: tensorflow\nclass_name: Sequential\n", "to_json"],
    ["the start of HDF5", latin1("\x89HDF\r"), "truncated"],
    ["anything else", "hello", "neither HDF5 nor ZIP"],
  ])("%s", async (_, content, words) => {
    const refusal = await identify(source(content)).catch((error: unknown) => error);

    expect(refusal).toBeInstanceOf(CleaveError);
    expect(refusal).toMatchObject({ code: "NOT_A_MODEL" });
    expect((refusal as Error).message).toContain(words);
  });
});

test("HDF5, ZIP and JSON are known by their first bytes, whatever the name", async () => {
  expect(await identify(source(latin1("\x89HDF\r\n\x1a\n\0")))).toBe("hdf5");
  expect(await identify(source("PK\x03\x04"))).toBe("zip");
  expect(await identify(source('\ufeff \n{"class_name": "Sequential"}'))).toBe("json");
});
