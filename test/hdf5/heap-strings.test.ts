import { beforeAll, describe, expect, test } from "vitest";
import type { ByteSource } from "#shared/bytes/source.ts";
import { layOutHdf5 } from "#shared/hdf5/lay-out.ts";
import { readHdf5 } from "#shared/hdf5/read.ts";
import { limits } from "#shared/limits.ts";
import { expectRefusal, layoutBytes, readBytes, refusal } from "../support/hdf5-files.ts";
import {
  libhdf5File,
  message,
  objectHeader,
  patched,
  structure,
  superblock,
} from "../support/hdf5-raw.ts";
import { contents, group, strings } from "../support/hdf5-trees.ts";
import { zeroSource } from "../support/sources.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();
let file: Buffer;
/** Of the reference to the second string. */
let reference: number;
let heap: number;

beforeAll(async () => {
  file = await libhdf5File(folder, (writer) => {
    writer.create_dataset({ name: "words", data: ["one", "twenty-two", "three"] });
  });
  reference =
    Number(file.readBigUInt64LE(message(file, objectHeader(file, "words"), 8).body + 2)) + 16;
  heap = structure(file, "GCOL");
});

test("strings are those that were written", async () => {
  const { children } = await readBytes(file);

  expect(children.get("words")).toMatchObject({
    data: ["one", "twenty-two", "three"].map((word) => new Uint8Array(Buffer.from(word))),
  });
});

test("a string of no bytes and one of no place are both empty", async () => {
  const none = patched(file, reference, 0, 32);
  const nowhere = patched(file, reference + 4, -1, 64);

  for (const bytes of [none, nowhere]) {
    expect((await readBytes(bytes)).children.get("words")).toMatchObject({
      data: ["one", "", "three"].map((word) => new Uint8Array(Buffer.from(word))),
    });
  }
});

describe("a reference that lies is refused, not followed:", () => {
  test.each([
    ["4 GiB where there are 10 bytes", 0, 2 ** 32 - 1, 32, /claims 4294967295 bytes, .* has 10/],
    ["a byte more than there is", 0, 11, 32, /string 1 claims 11 bytes, its heap object has 10/],
    ["an object that is not there", 12, 77, 32, /string 1 is not in its heap/],
    ["free space", 12, 0, 32, /string 1 is not in its heap/],
    ["a heap outside the file", 4, 10_000_000, 64, /global heap: .*end of file/],
    ["a heap at 2^63", 4, 2n ** 63n, 64, /9223372036854775808 is beyond the end of file/],
    ["a heap that is none", 4, 96, 64, /global heap at byte 96: the signature "GCOL"/],
  ] as const)("%s", async (_, at, value, width, words) => {
    const lie = patched(file, reference + at, value, width);

    await expectRefusal(lie, "HDF5_INVALID", words);
  });
});

describe("a heap that lies is refused:", () => {
  test.each([
    ["another version", 4, 2, 8, "HDF5_INVALID", /global heap at byte \d+: version 2 is not/],
    ["larger than the file", 8, 1_000_000, 64, "HDF5_INVALID", /global heap: .*end of file/],
    ["larger than any", 8, limits.heapBytes.max + 1, 64, "LIMIT_EXCEEDED", /--limit heapBytes=/],
    ["of 2^60 bytes", 8, 2n ** 60n, 64, "HDF5_INVALID", /1152921504606846976 is beyond/],
    ["smaller than its head", 8, 8, 64, "HDF5_INVALID", /global heap.*ends before its fields/],
    ["an object of 2^40 bytes", 24, 2n ** 40n, 64, "HDF5_INVALID", /ends before its fields do/],
  ] as const)("%s", async (_, at, value, width, code, words) => {
    await expectRefusal(patched(file, heap + at, value, width), code, words);
  });

  test("an object that stands twice", async () => {
    const length = Number(file.readBigUInt64LE(heap + 16 + 8));
    const second = heap + 16 + 16 + Math.ceil(length / 8) * 8;
    const twice = patched(file, second, file.readUInt16LE(heap + 16), 16);

    await expectRefusal(twice, "HDF5_INVALID", /object \d stands twice/);
  });

  test("over another structure", async () => {
    const size = Number(file.readBigUInt64LE(heap + 8));

    await expectRefusal(
      patched(file, heap + 8, size + 16, 64),
      "HDF5_INVALID",
      /global heap.*(overlap|end of file)/,
    );
  });
});

test("a heap that is full to its last byte is read", async () => {
  const full = Buffer.from("x".repeat(4096 - 16 - 16));
  const tree = group({ a: strings([1], [full]) });

  expect(await contents(await readBytes(await layoutBytes(layOutHdf5(tree))))).toEqual(
    await contents(tree),
  );
});

test("many references to one long string are refused before each gets its copy", async () => {
  const count = 3000;
  const data = Array.from({ length: count }, (_, index) => Buffer.alloc(index === 0 ? 60_000 : 1));
  const bytes = Buffer.from(await layoutBytes(layOutHdf5(group({ a: strings([count], data) }))));
  const place = Number(bytes.readBigUInt64LE(message(bytes, objectHeader(bytes, "a"), 8).body + 2));
  for (let index = 1; index < count; index += 1)
    bytes.copy(bytes, place + index * 16, place, place + 16);

  await expectRefusal(bytes, "HDF5_INVALID", /^\/a at byte \d+: .*longer than the file.*overlap/);
});

test("heaps that are more than memory should be spent on are refused before the last is read", async () => {
  const heaps = limits.heapTotalBytes.max / limits.heapBytes.max + 1;
  const small = Buffer.from(
    await layoutBytes(
      layOutHdf5(
        group(
          Array.from(
            { length: heaps },
            (_, index) => [`a${index}`, strings([], [Buffer.alloc(5000)])] as const,
          ),
        ),
      ),
    ),
  );
  const collections: number[] = [];
  for (let at = -1; (at = small.indexOf("GCOL", at + 1)) >= 0;) collections.push(at);
  const size = small.length + heaps * limits.heapBytes.max;
  const head = small.subarray(collections[0], collections[0]! + 16);
  head.writeBigUInt64LE(BigInt(limits.heapBytes.max), 8);
  const placeOf = (index: number): number => small.length + index * limits.heapBytes.max;
  for (let index = 0; index < heaps; index += 1) {
    const { body } = message(small, objectHeader(small, `a${index}`), 8);
    const place = Number(small.readBigUInt64LE(body + 2));
    small.writeBigUInt64LE(BigInt(placeOf(index)), place + 4);
  }
  small.writeBigUInt64LE(BigInt(size), superblock.endOfFile);
  const pieces = [{ at: 0, bytes: small }];
  for (let index = 0; index < heaps; index += 1) pieces.push({ at: placeOf(index), bytes: head });

  await expect(
    readHdf5({ source: overlaid(size, pieces), offset: 0, length: size }),
  ).rejects.toMatchObject(refusal("LIMIT_EXCEEDED", /in all HDF5 heaps.*--limit heapTotalBytes=/));
});

/** Pieces in an expanse of zeros. */
function overlaid(size: number, pieces: readonly { at: number; bytes: Uint8Array }[]): ByteSource {
  const zeros = zeroSource(size);
  return {
    ...zeros,
    read: async (offset, length) => {
      const read = await zeros.read(offset, length);
      for (const { at, bytes } of pieces) {
        const from = Math.max(at, offset);
        const to = Math.min(at + bytes.length, offset + length);
        if (from < to) read.set(bytes.subarray(from - at, to - at), from - offset);
      }
      return read;
    },
  };
}
