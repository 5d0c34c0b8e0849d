import { beforeAll, describe, expect, test } from "vitest";
import { limits } from "#shared/limits.ts";
import { expectRefusal, layoutBytes, readBytes } from "../support/hdf5-files.ts";
import { layOutHdf5 } from "#shared/hdf5/lay-out.ts";
import {
  handmade,
  headerMessages,
  libhdf5File,
  message,
  objectHeader,
  patched,
  signed,
  structure,
  superblock,
} from "../support/hdf5-raw.ts";
import { bytesAttribute, contents, dataset, group } from "../support/hdf5-trees.ts";
import { temporaryFolder } from "../support/temporary.ts";

const continuation = 0x10;
const nil = 0;
const folder = temporaryFolder();
let file: Buffer;
let kernel: number;
let root: number;

/** A header that libhdf5 had to continue in further blocks. */
beforeAll(async () => {
  file = await libhdf5File(folder, (writer) => {
    const written = writer.create_dataset({ name: "kernel", data: new Float32Array(20) });
    written.create_attribute("unit", "m");
    for (let index = 0; index < 12; index += 1) writer.create_attribute(`a${index}`, [index, 2, 3]);
  });
  root = objectHeader(file);
  kernel = objectHeader(file, "kernel");
});

test("attributes in continuation blocks are found, in every block", async () => {
  expect(headerMessages(file, root).filter(({ type }) => type === continuation).length).toBe(2);

  const { attributes } = await readBytes(file);

  expect(attributes.map(({ name }) => name)).toEqual(Array.from({ length: 12 }, (_, i) => `a${i}`));
});

describe("a header that lies about its messages is refused:", () => {
  const count = 2;

  test("fewer than are there, so that an attribute would be lost", async () => {
    const declared = file.readUInt16LE(root + count);

    for (const lie of [0, 1, declared - 1, declared + 1]) {
      const words = new RegExp(`header declares ${lie} messages, ${declared} are there`);
      await expectRefusal(patched(file, root + count, lie, 16), "HDF5_INVALID", words);
    }
  });

  test("more than any object has", async () => {
    const declared = limits.headerMessages.max + 1;
    const made = handmade(96 + 16 + declared * 8);
    const { writer } = made;
    made.begin(16);
    writer.u8(1);
    writer.skip(1);
    writer.u16(declared);
    writer.skip(4);
    writer.u32(declared * 8);

    await expectRefusal(made.end(), "LIMIT_EXCEEDED", /10001 messages .*--limit headerMessages=/);
  });

  test("a message longer than its block", async () => {
    const { at } = message(file, kernel, 3);

    const long = patched(file, at + 2, 60_000, 16);

    await expectRefusal(
      long,
      "HDF5_INVALID",
      /header block at byte \d+: the structure ends before/,
    );
  });

  test("a block longer than the file", async () => {
    const long = patched(file, root + 8, 1_000_000, 32);

    await expectRefusal(long, "HDF5_INVALID", /object header block: .*beyond the end of file/);
  });

  test("a block longer than any", async () => {
    const long = patched(file, root + 8, limits.headerBytes.max + 1, 32);

    await expectRefusal(
      long,
      "LIMIT_EXCEEDED",
      /bytes in an HDF5 object header.*--limit headerBytes=/,
    );
  });
});

describe("continuation blocks that go round are refused:", () => {
  test("a block that continues in itself", async () => {
    const { body } = message(file, root, continuation);

    const itself = patched(patched(file, body, root + 16, 64), body + 8, 24, 64);

    await expectRefusal(itself, "HDF5_INVALID", /^\/: .*the continuation blocks go round/);
  });

  test("a block that continues in another object's header", async () => {
    const { body } = message(file, root, continuation);

    const foreign = patched(file, body, kernel + 16, 64);

    await expectRefusal(foreign, "HDF5_INVALID", /object header block/);
  });

  test("more blocks than any object has", async () => {
    const blocks = limits.headerBlocks.max + 1;
    const made = handmade(96 + 16 + blocks * 24);
    const { writer } = made;
    made.begin(16);
    writer.u8(1);
    writer.skip(1);
    writer.u16(blocks);
    writer.skip(4);
    writer.u32(24);
    for (let index = 0; index < blocks; index += 1) {
      const next = made.begin(24) + 24;
      writer.u16(continuation);
      writer.u16(16);
      writer.skip(4);
      writer.u64(next);
      writer.u64(24);
    }

    await expectRefusal(
      made.end(),
      "LIMIT_EXCEEDED",
      /65 continuation blocks.*--limit headerBlocks=/,
    );
  });
});

describe("what a header holds that Keras never writes is refused by its name:", () => {
  test("a message of an unknown type", async () => {
    const unknown = patched(file, message(file, kernel, 5).at, 99, 16);

    await expectRefusal(unknown, "UNSUPPORTED", /^\/kernel: HDF5 message type 99 is not supported/);
  });

  test("a committed datatype", async () => {
    const shared = patched(file, message(file, kernel, 3).at + 4, 0x02);

    await expectRefusal(shared, "UNSUPPORTED", /^\/kernel: .*committed datatypes/);
  });

  test("an object that is nothing known", async () => {
    const bare = patched(file, message(file, kernel, 8).at, nil, 16);

    await expectRefusal(
      bare,
      "UNSUPPORTED",
      /^\/kernel: its object header describes neither a gro/,
    );
  });

  test("a root that is a dataset", async () => {
    const rooted = patched(file, superblock.root, kernel, 64);

    await expectRefusal(rooted, "HDF5_INVALID", /root is not a group/);
  });

  test("another version", async () => {
    await expectRefusal(patched(file, kernel, 3), "HDF5_INVALID", /object header version 3 is not/);
  });
});

test("what is written with more attributes than can be read is refused before it is written", () => {
  const attributes = Array.from({ length: limits.headerMessages.max }, (_, index) =>
    bytesAttribute(`a${index}`, 1),
  );

  expect(() => layOutHdf5(group({}, attributes))).toThrow(
    /10001 messages.*--limit headerMessages=/,
  );
});

test("lists of names that fill more than a megabyte of attributes can be read again", async () => {
  const attributes = Array.from({ length: 40 }, (_, index) =>
    bytesAttribute(`layer_names${index}`, 64_000),
  );
  const tree = group({ a: dataset([1]) }, attributes);

  const read = await readBytes(await layoutBytes(layOutHdf5(tree)));

  expect(await contents(read)).toEqual(await contents(tree));
});

describe("a version 2 header", () => {
  let latest: Buffer;
  let header: number;

  beforeAll(async () => {
    const fill: Parameters<typeof libhdf5File>[1] = (writer) => {
      const written = writer.create_dataset({ name: "kernel", data: new Float32Array(20) });
      writer.flush();
      for (let index = 0; index < 8; index += 1) {
        written.create_attribute(`a${index}`, new Float64Array(100));
      }
    };
    latest = await libhdf5File(folder, fill, { libver: "v110", track_order: true });
    header = structure(latest, "OHDR", 1);
  });

  test("is read with its continuation blocks and creation orders", async () => {
    const { children } = await readBytes(latest);

    expect(children.get("kernel")?.attributes.map(({ name }) => name)).toEqual(
      Array.from({ length: 8 }, (_, index) => `a${index}`),
    );
  });

  test("of which any byte is damaged is refused", async () => {
    const block = structure(latest, "OCHK");
    for (const start of [header, block]) {
      for (let at = start; at < start + 60; at += 1) {
        const damaged = patched(latest, at, latest[at]! ^ 0x40);

        await expect(readBytes(damaged)).rejects.toMatchObject({ name: "CleaveError" });
      }
    }
    await expectRefusal(
      patched(latest, block + 20, latest[block + 20]! ^ 1),
      "HDF5_INVALID",
      /^\/kernel: object header block at byte \d+: the checksum does not match/,
    );
  });

  test("of another version is refused", async () => {
    await expectRefusal(
      patched(latest, header + 4, 3),
      "HDF5_INVALID",
      /object header version 3 is not known/,
    );
  });

  test("whose continuation is no continuation is refused", async () => {
    const block = structure(latest, "OCHK");
    const end = block + blockLength(latest, block) - 4;
    const renamed = signed(patched(latest, block, Buffer.from("OHCK")), block, end);

    await expectRefusal(renamed, "HDF5_INVALID", /signature "OCHK" is not there/);
  });

  /** A continuation message says how long its block is. */
  function blockLength(bytes: Buffer, block: number): number {
    const pointer = Buffer.alloc(8);
    pointer.writeBigUInt64LE(BigInt(block));
    return Number(bytes.readBigUInt64LE(bytes.indexOf(pointer) + 8));
  }
});
