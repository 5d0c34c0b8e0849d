import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { memoryRange } from "#shared/bytes/memory-source.ts";
import { wholeRange } from "#shared/bytes/range-source.ts";
import type { ErrorCode } from "#shared/errors.ts";
import type { PackedDataset } from "#shared/hdf5/packed.ts";
import { readHdf5 } from "#shared/hdf5/read.ts";
import { unpackInto } from "#shared/hdf5/unpack.ts";
import { OpenFiles } from "#shared/stores/open-files.ts";
import { refusal } from "../support/hdf5-files.ts";
import {
  checksumAt,
  libhdf5File,
  message,
  objectHeader,
  patched,
  signed,
  structure,
  type RawMessage,
} from "../support/hdf5-raw.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();
const types = { dataspace: 1, datatype: 3, layout: 8, filters: 0x0b };
/** 64 floats in 4 chunks of 64 bytes, once as they are and once compressed. */
let plain: Buffer;
let gzip: Buffer;
let layout: RawMessage;
let node: number;
/** Of a B-tree node of one dimension: stored size, filters skipped, two offsets, address. */
const keySize = 24 + 8;
const key = (index: number): number => node + 24 + index * keySize;

const values = Float32Array.from({ length: 64 }, (_, at) => at / 7);

beforeAll(async () => {
  const chunked = { name: "k", data: values, shape: [64], chunks: [16] };
  plain = await libhdf5File(folder, (file) => void file.create_dataset(chunked));
  gzip = await libhdf5File(
    folder,
    (file) => void file.create_dataset({ ...chunked, compression: 4 }),
  );
  layout = message(plain, objectHeader(plain, "k"), types.layout);
  node = structure(plain, "TREE", 1); // the first is the root group's
});

/** Reads, with everything behind the walk left out: what it accepts is what would be unpacked. */
async function walk(bytes: Uint8Array): Promise<readonly PackedDataset[]> {
  let found: readonly PackedDataset[] = [];
  await readHdf5(memoryRange("file.h5", bytes), ({ datasets }) => {
    found = datasets;
    return Promise.resolve(
      datasets.map(({ length }) => memoryRange("none", new Uint8Array(length))),
    );
  });
  return found;
}

async function expectWalkRefused(bytes: Uint8Array, code: ErrorCode, words: RegExp): Promise<void> {
  await expect(walk(bytes)).rejects.toMatchObject(refusal(code, words));
}

test("chunks are found where they are, and nothing of them is read", async () => {
  const [dataset] = await walk(plain);

  expect(dataset).toMatchObject({ path: "/k", chunk: [16], chunkBytes: 64, length: 256 });
  expect([...dataset!.chunks.sizes]).toEqual([64, 64, 64, 64]);
  const first = dataset!.chunks.addresses[0]!;
  expect(plain.readFloatLE(first + 4)).toBe(values[1]);
});

describe("chunks that are not as the dataset says are refused before they are unpacked:", () => {
  const dimensions = 11;
  test.each<[string, () => Buffer, ErrorCode, RegExp]>([
    ["of another rank", () => patched(plain, layout.body + 2, 3), "HDF5_INVALID", /2 dimensions/],
    [
      "of no elements",
      () => patched(plain, layout.body + dimensions, 0, 32),
      "HDF5_INVALID",
      /no el/,
    ],
    [
      "of 64 GiB",
      () => patched(plain, layout.body + dimensions, 2 ** 32 - 1, 32),
      "LIMIT_EXCEEDED",
      /17179869180 bytes in an HDF5 chunk.*--limit chunkBytes=/,
    ],
    [
      "of elements of another size",
      () => patched(plain, layout.body + dimensions + 4, 8, 32),
      "HDF5_INVALID",
      /elements of 8 bytes, not of 4/,
    ],
    [
      "none of which is there",
      () => patched(plain, layout.body + 3, -1, 64),
      "HDF5_INVALID",
      /4 of 4 chunks were never written/,
    ],
    [
      "of a dataset beyond its own limit",
      () => patched(plain, message(plain, objectHeader(plain, "k"), 1).body + 8, 2 ** 33, 64),
      "HDF5_INVALID",
      /beyond its own limit/,
    ],
  ])("%s", async (_, bytes, code, words) => {
    await expectWalkRefused(bytes(), code, words);
  });
});

describe("a B-tree of chunks that is not one is refused:", () => {
  test.each<[string, () => Buffer, RegExp]>([
    ["a node of a group", () => patched(plain, node + 4, 0), /node type 0/],
    ["more children than fit", () => patched(plain, node + 6, 65, 16), /65 children, at most 64/],
    [
      "a chunk that starts inside another",
      () => patched(plain, key(1) + 8, 17, 64),
      /element 17 starts no chunk/,
    ],
    ["two chunks at one place", () => patched(plain, key(1) + 8, 0, 64), /two chunks at \[0\]/],
    [
      "a chunk outside the shape",
      () => patched(plain, key(3) + 8, 64, 64),
      /1 of 4 chunks were never/,
    ],
    ["a chunk less", () => patched(plain, node + 6, 3, 16), /1 of 4 chunks were never written/],
    [
      "a chunk cut short",
      () => patched(plain, key(0), 63, 32),
      /a chunk of 64 bytes is stored in 63/,
    ],
    [
      "two chunks in the same bytes",
      () => patched(plain, key(1) + 24, plain.readBigUInt64LE(key(0) + 24), 64),
      /overlap: they share bytes/,
    ],
    [
      "a chunk over a header",
      () => patched(plain, key(1) + 24, objectHeader(plain, "k"), 64),
      /overlap/,
    ],
    [
      "a chunk outside the file",
      () => patched(plain, key(1) + 24, plain.length, 64),
      /beyond the end of file/,
    ],
    [
      "a node that is its own child",
      () => patched(patched(plain, node + 5, 1), key(0) + 24, node, 64),
      /level 1 below level 1|two parents|overlap/,
    ],
  ])("%s", async (_, bytes, words) => {
    await expectWalkRefused(bytes(), "HDF5_INVALID", words);
  });
});

describe("filters that are not to be had are refused by name:", () => {
  const filters = (): RawMessage => message(gzip, objectHeader(gzip, "k"), types.filters);
  const id = 8;

  test.each<[string, () => Buffer, ErrorCode, RegExp]>([
    [
      "blosc",
      () => patched(gzip, filters().body + id, 32001, 16),
      "UNSUPPORTED",
      /filter blosc \(number 32001\)/,
    ],
    ["zstd", () => patched(gzip, filters().body + id, 32015, 16), "UNSUPPORTED", /filter zstd/],
    [
      "one nobody knows",
      () => patched(gzip, filters().body + id, 4242, 16),
      "UNSUPPORTED",
      /filter "deflate" \(number 4242\)/,
    ],
    ["szip", () => patched(gzip, filters().body + id, 4, 16), "UNSUPPORTED", /filter szip/],
    ["five of them", () => patched(gzip, filters().body + 1, 5), "LIMIT_EXCEEDED", /5 filters/],
    ["a version to come", () => patched(gzip, filters().body, 3), "HDF5_INVALID", /version 3/],
  ])("%s", async (_, bytes, code, words) => {
    await expectWalkRefused(bytes(), code, words);
  });
});

describe("an index of the newer format whose checksum is right and whose content is not is refused:", () => {
  const rank2 = { name: "k", data: new Float32Array(64 * 4), shape: [64, 4], chunks: [16, 4] };
  const newer = (maxshape: (number | null)[] | undefined, count = 64): Promise<Buffer> =>
    libhdf5File(
      folder,
      (file) =>
        void file.create_dataset({
          ...rank2,
          data: new Float32Array(count * 4),
          shape: [count, 4],
          ...(maxshape && { maxshape }),
        }),
      { libver: "v110" },
    );

  test.each<[string, (number | null)[] | undefined, string, number, number, RegExp]>([
    ["a fixed array of other elements", undefined, "FAHD", 5, 1, /other elements/],
    [
      "a fixed array of another length",
      undefined,
      "FAHD",
      8,
      5,
      /5 elements, for chunks that may be 4/,
    ],
    ["a block of another fixed array", undefined, "FADB", 6, 9, /block of another array/],
    ["a chunk of a fixed array that is nowhere", undefined, "FADB", 14 + 7, 0x7f, /beyond the end/],
    ["an extensible array of other elements", [null, 4], "EAHD", 6, 9, /elements of 9 bytes/],
    ["an extensible array of odd blocks", [null, 4], "EAHD", 9, 3, /impossible block sizes/],
    ["a block of another extensible array", [null, 4], "EAIB", 6, 9, /block of another array/],
    ["a B-tree of other records", [null, null], "BTHD", 5, 8, /tree of another type/],
  ])("%s", async (_, maxshape, signatureText, at, value, words) => {
    const bytes = await newer(maxshape);
    const start = structure(bytes, signatureText);
    const end = checksumAt(bytes, start);

    await expectWalkRefused(
      signed(patched(bytes, start + at, value), start, end),
      "HDF5_INVALID",
      words,
    );
  });

  test.each(["FAHD", "FADB"])("a checksum that is not right: %s", async (signatureText) => {
    const bytes = await newer(undefined);

    const damaged = patched(bytes, checksumAt(bytes, structure(bytes, signatureText)), 0, 32);

    await expectWalkRefused(damaged, "HDF5_INVALID", /the checksum does not match/);
  });

  test("a data block of an extensible array from elsewhere", async () => {
    const bytes = await newer([null, 4], 64 * 16);
    const start = structure(bytes, "EADB", 1);
    const end = checksumAt(bytes, start);

    await expectWalkRefused(
      signed(patched(bytes, start + 14, 1), start, end),
      "HDF5_INVALID",
      /block of another place/,
    );
  });
});

/** The one compressed chunk replaced by another stream, which is not longer. */
async function withStream(stream: Buffer): Promise<Buffer> {
  const noise = Buffer.alloc(16_384, 1);
  for (let at = 0; at < noise.length; at += 4) noise.writeUInt32LE(crc32(`${at}`), at);
  const data = new Int32Array(noise.buffer, noise.byteOffset, 4096);
  const bytes = await libhdf5File(folder, (file) => {
    file.create_dataset({ name: "k", data, shape: [4096], chunks: [4096], compression: 1 });
  });
  const tree = structure(bytes, "TREE", 1);
  const at = Number(bytes.readBigUInt64LE(tree + 24 + 24));
  const replaced = patched(bytes, tree + 24, stream.length, 32);
  stream.copy(replaced, at);
  return replaced;
}

describe("a chunk that libhdf5 would fill with whatever is in memory is refused:", () => {
  test.each<[string, Buffer, RegExp]>([
    [
      "too short",
      deflateSync(Buffer.alloc(1000, 7)),
      /^\/k: .*\(gzip\): chunk 0 unpacks to 1000 bytes, not to 16384/,
    ],
    ["empty", deflateSync(Buffer.alloc(0)), /unpacks to 0 bytes, not to 16384/],
    ["too long", deflateSync(Buffer.alloc(1e6, 7)), /chunk 0: it unpacks to more than 16448 bytes/],
    ["cut", deflateSync(Buffer.alloc(16_384, 7)).subarray(0, -6), /unexpected end of file/],
    ["no gzip at all", Buffer.alloc(200, 7), /chunk 0: /],
  ])("%s", async (_, stream, words) => {
    const path = join(folder, "stream.h5");
    writeFileSync(path, await withStream(stream));
    const files = new OpenFiles();
    try {
      const range = wholeRange(await files.open(path));

      await expect(readHdf5(range, unpackInto(files))).rejects.toMatchObject(
        refusal("HDF5_INVALID", words),
      );
    } finally {
      await files.close();
    }
  });
});
