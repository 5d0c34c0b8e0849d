import { beforeAll, describe, expect, test } from "vitest";
import type { Hdf5Group } from "#shared/hdf5/model.ts";
import { ByteWriter } from "#shared/bytes/byte-writer.ts";
import { expectRefusal, readBytes } from "../support/hdf5-files.ts";
import { checksumAt, libhdf5File, patched, signed, structure } from "../support/hdf5-raw.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();

function dense(names: readonly string[]): Promise<Buffer> {
  return libhdf5File(
    folder,
    (writer) => {
      for (const name of names) writer.create_group(name);
    },
    { libver: "v110" },
  );
}

function expectNames({ children }: Hdf5Group, names: readonly string[]): void {
  expect([...children.keys()].toSorted()).toEqual(names.toSorted());
}

test("the links of one heap block are all found", async () => {
  const names = Array.from({ length: 20 }, (_, index) => `слой ${index}`);

  expectNames(await readBytes(await dense(names)), names);
});

test.each([
  [700, "below one row of blocks"],
  [4000, "below blocks of blocks"],
])("%d links, %s and below a B-tree root, are all found", async (count) => {
  const names = Array.from({ length: count }, (_, index) => `${"layer ".repeat(30)}${index}`);

  expectNames(await readBytes(await dense(names)), names);
});

test("a name that HDF5 keeps outside the heap's blocks is refused, not left out", async () => {
  const names = Array.from({ length: 20 }, (_, index) => `${index} `.padEnd(4090, "x"));

  await expectRefusal(await dense(names), "UNSUPPORTED", /^\/: an object outside its fractal heap/);
});

test("names of any length are found, down to those that stand in the heap's IDs", async () => {
  const names = Array.from({ length: 60 }, (_, index) => `${"x".repeat(index * 60)}${index}`);

  expectNames(await readBytes(await dense(names)), names);
});

test("links of link messages are found", async () => {
  expectNames(await readBytes(await dense(["é", "b", "a"])), ["é", "b", "a"]);
});

describe("a heap of links that is damaged is refused, not read in part:", () => {
  let file: Buffer;
  let indirect: Buffer;

  beforeAll(async () => {
    file = await dense(Array.from({ length: 20 }, (_, index) => `layer ${index}`));
    indirect = await dense(Array.from({ length: 700 }, (_, index) => `a longer name ${index}`));
  });

  function resigned(
    bytes: Buffer,
    signatureText: string,
    length: number,
    at: number,
    value: number | bigint,
    width: 8 | 16 | 32 | 64,
  ): Buffer {
    const start = structure(bytes, signatureText);
    return signed(patched(bytes, start + at, value, width), start, start + length);
  }

  const heapLength = 142;
  test.each([
    ["another version", 4, 1, 8, "HDF5_INVALID", /heap at byte \d+: version 1 is not known/],
    ["filters", 7, 8, 16, "UNSUPPORTED", /a compressed fractal heap/],
    ["no width", 110, 0, 16, "HDF5_INVALID", /impossible block sizes/],
    ["a width that is no power of two", 110, 3, 16, "HDF5_INVALID", /impossible block sizes/],
    ["rows wider than its blocks", 110, 32_768, 16, "HDF5_INVALID", /impossible block sizes/],
    ["blocks of no bytes", 112, 0, 64, "HDF5_INVALID", /impossible block sizes/],
    ["blocks of 511 bytes", 112, 511, 64, "HDF5_INVALID", /impossible block sizes/],
    ["direct blocks below the first", 120, 256, 64, "HDF5_INVALID", /impossible block sizes/],
    ["gigantic blocks", 120, 2n ** 40n, 64, "LIMIT_EXCEEDED", /--limit heapBytes=/],
    ["offsets beyond numbers", 128, 60, 16, "HDF5_INVALID", /impossible block sizes/],
    ["a root outside", 132, 10_000_000, 64, "HDF5_INVALID", /direct block: .*end of file/],
    ["no root", 132, -1, 64, "HDF5_INVALID", /an object is not in its fractal heap/],
    ["a root that is no indirect block", 140, 1, 16, "HDF5_INVALID", /signature "FHIB"/],
  ] as const)("a heap with %s", async (_, at, value, width, code, message) => {
    const damaged = resigned(file, "FRHP", heapLength, at, value, width);

    await expectRefusal(damaged, code, message);
  });

  const treeLength = 34;
  test.each([
    ["another version", 4, 1, 8, "HDF5_INVALID", /B-tree at byte \d+: version 1 is not known/],
    ["another type", 5, 6, 8, "HDF5_INVALID", /a tree of another type/],
    ["gigantic nodes", 6, 2 ** 31, 32, "LIMIT_EXCEEDED", /--limit heapBytes=/],
    ["no room for records", 6, 12, 32, "HDF5_INVALID", /nodes without room for records/],
    ["records of no bytes", 10, 0, 16, "HDF5_INVALID", /nodes without room for records/],
    ["many levels", 12, 9, 16, "LIMIT_EXCEEDED", /--limit btreeDepth=/],
    ["a level too many", 12, 1, 16, "HDF5_INVALID", /signature "BTIN"/],
    ["a root outside", 16, 10_000_000, 64, "HDF5_INVALID", /B-tree node: .*end of file/],
    ["no root", 16, -1, 64, "HDF5_INVALID", /20 records are declared, 0 are there/],
    ["too many records", 24, 60, 16, "HDF5_INVALID", /60 records do not fit/],
    ["fewer records", 24, 19, 16, "HDF5_INVALID", /B-tree node.*|20 records .* 19 are there/],
    ["too large a total", 26, 21, 64, "HDF5_INVALID", /21 records are declared, 20 are there/],
    ["a gigantic total", 26, 2n ** 40n, 64, "LIMIT_EXCEEDED", /--limit hdf5Links=/],
  ] as const)("an index with %s", async (_, at, value, width, code, message) => {
    const damaged = resigned(file, "BTHD", treeLength, at, value, width);

    await expectRefusal(damaged, code, message);
  });

  test.each(["FRHP", "BTHD", "BTLF", "FHDB"])("any byte of a %s", async (text) => {
    const start = structure(file, text);
    for (let at = start; at < start + 34; at += 1) {
      const damaged = patched(file, at, file[at]! ^ 0x21);

      await expect(readBytes(damaged)).rejects.toMatchObject({ name: "CleaveError" });
    }
  });

  test.each(["FHIB", "BTIN"])("any byte of a %s", async (text) => {
    const start = structure(indirect, text);
    for (let at = start; at < start + 34; at += 1) {
      const damaged = patched(indirect, at, indirect[at]! ^ 0x21);

      await expect(readBytes(damaged)).rejects.toMatchObject({ name: "CleaveError" });
    }
  });

  test("an index of more records than a call can be given", async () => {
    const nodeSize = 1024 * 1024;
    const made = new ByteWriter(Buffer.alloc(file.length + 2 * nodeSize));
    made.put(file);
    made.text("BTIN");
    made.skip(1);
    made.u8(5);
    made.u64(file.length + nodeSize);
    made.put(Uint8Array.of(0x40, 0x0d, 0x03)); // 200,000
    const inner = signed(made.bytes, file.length, made.at);
    const tree = structure(inner, "BTHD");
    const sized = patched(patched(inner, tree + 6, nodeSize, 32), tree + 10, 1, 16);
    const rooted = patched(patched(sized, tree + 12, 1, 16), tree + 16, file.length, 64);
    const empty = patched(rooted, tree + 24, 0, 16);
    const whole = signed(empty, tree, tree + treeLength);
    const endOfFile = signed(patched(whole, 28, whole.length, 64), 0, 44);

    await expectRefusal(endOfFile, "LIMIT_EXCEEDED", /200000 links.*--limit hdf5Links=/);
  });

  test("a name changed in a block", async () => {
    const at = file.indexOf("layer 7");

    await expectRefusal(
      patched(file, at, Buffer.from("Layer")),
      "HDF5_INVALID",
      /^\/: heap direct block at byte \d+: the checksum does not match/,
    );
  });

  test("a heap without its index, which would be a group without links", async () => {
    const start = structure(file, "OHDR");
    const pointer = Buffer.alloc(8);
    pointer.writeBigUInt64LE(BigInt(structure(file, "BTHD")));
    const at = file.indexOf(pointer, start);
    const removed = patched(file, at, -1, 64);
    const end = checksumAt(file, start);

    await expectRefusal(
      signed(removed, start, end),
      "HDF5_INVALID",
      /a heap of links without an index/,
    );
  });
});

describe("links of the newer format that Keras never makes are refused by their kind:", () => {
  test.each([["soft"], ["external"]])("a %s link", async (kind) => {
    const bytes = await libhdf5File(
      folder,
      (writer) => {
        writer.create_group("layers");
        if (kind === "soft") writer.create_soft_link("/layers", "other");
        else writer.create_external_link("other.h5", "/", "other");
      },
      { libver: "v110" },
    );

    await expectRefusal(bytes, "UNSUPPORTED", new RegExp(`"other" is an? ${kind} link`));
  });

  test("two links of one name", async () => {
    const bytes = await dense(["first", "other"]);
    const start = structure(bytes, "OHDR");
    const end = checksumAt(bytes, start);

    const same = patched(bytes, bytes.indexOf("other", start), Buffer.from("first"));

    await expectRefusal(signed(same, start, end), "HDF5_INVALID", /two links have one name/);
  });

  test("a second hard link", async () => {
    const bytes = await libhdf5File(
      folder,
      (writer) => {
        writer.create_group("layers");
        writer.create_hard_link("/layers", "other");
      },
      { libver: "v110" },
    );

    await expectRefusal(bytes, "UNSUPPORTED", /^\/other: a second hard link/);
  });
});
