import { beforeAll, describe, expect, test } from "vitest";
import { layOutHdf5 } from "#shared/hdf5/lay-out.ts";
import { limits } from "#shared/limits.ts";
import { expectRefusal, layoutBytes, readBytes } from "../support/hdf5-files.ts";
import {
  handmade,
  libhdf5File,
  patched,
  rawGroup,
  writeGroupHeader,
  type RawGroup,
} from "../support/hdf5-raw.ts";
import { group } from "../support/hdf5-trees.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();
let file: Buffer;
let layers: RawGroup;

/** 40 children: five symbol table nodes or more below one B-tree node. */
let wide: Buffer;
let many: RawGroup;

beforeAll(async () => {
  file = await libhdf5File(folder, (writer) => {
    const inner = writer.create_group("layers");
    for (const name of ["bias", "gamma", "kernel"]) {
      inner.create_dataset({ name, data: new Float32Array([1, 2]) });
    }
  });
  layers = rawGroup(file, "layers");
  wide = await libhdf5File(folder, (writer) => {
    for (let index = 0; index < 40; index += 1) writer.create_group(`g${index}`);
  });
  many = rawGroup(wide);
});

describe("links that Keras never makes are refused by their kind:", () => {
  const written = (link: Parameters<typeof libhdf5File>[1]): Promise<Buffer> =>
    libhdf5File(folder, (writer) => {
      writer.create_group("layers").create_dataset({ name: "kernel", data: [1, 2] });
      link(writer);
    });

  test("a soft link", async () => {
    const bytes = await written((writer) => {
      writer.create_soft_link("/layers", "other");
    });

    await expectRefusal(bytes, "UNSUPPORTED", /^\/: "other" is a soft link/);
  });

  test("a soft link in a group", async () => {
    const bytes = await written((writer) => {
      writer.get("layers");
      writer.create_group("more").create_soft_link("/layers/kernel", "alias");
    });

    await expectRefusal(bytes, "UNSUPPORTED", /^\/more: "alias" is a soft link/);
  });

  test("an external link", async () => {
    const bytes = await written((writer) => {
      writer.create_external_link("other.h5", "/layers", "outside");
    });

    await expectRefusal(bytes, "UNSUPPORTED", /^\/: "outside" is an? external link/);
  });

  test("a second hard link to a tensor", async () => {
    const bytes = await written((writer) => {
      writer.create_hard_link("/layers/kernel", "alias");
    });

    await expectRefusal(bytes, "UNSUPPORTED", /second hard link to one object.*alias/);
  });

  test("a hard link that goes round", async () => {
    const entry = layers.entries.get("kernel")!;

    const cycle = patched(file, entry + 8, rawGroup(file).header, 64);

    await expectRefusal(cycle, "UNSUPPORTED", /^\/layers\/kernel: a second hard link.*cycle/);
  });

  test("a link to nowhere", async () => {
    const nowhere = patched(file, layers.entries.get("kernel")! + 8, -1, 64);

    await expectRefusal(nowhere, "HDF5_INVALID", /"kernel" points nowhere/);
  });

  test("a link of an unknown kind", async () => {
    const unknown = patched(file, layers.entries.get("kernel")! + 16, 3, 32);

    await expectRefusal(unknown, "HDF5_INVALID", /entry type 3 is not known/);
  });
});

describe("a name that other readers would not find, or find elsewhere, is refused:", () => {
  const nameOf = (entry: number): number => layers.heapData + Number(file.readBigUInt64LE(entry));
  const renamed = (name: string): Buffer =>
    patched(file, nameOf(layers.entries.get("kernel")!), Buffer.from(`${name}\0`, "latin1"));

  test.each([
    ["above its group", "..", /"\.\." is not a name/],
    ["the group itself", ".", /"\." is not a name/],
    ["a path", "k/l", /"k\/l" is not a name/],
    ["nothing", "", /"" is not a name/],
    ["no UTF-8", "k\xff", /link name: the text is not UTF-8/],
    ["out of order", "a", /"gamma" and "a" are not in order/],
    ["twice", "gamma", /"gamma" and "gamma" are not in order/],
  ])("%s", async (_, name, message) => {
    await expectRefusal(renamed(name), "HDF5_INVALID", message);
  });

  test("outside the heap", async () => {
    for (const offset of [10_000, 2n ** 60n, 2n ** 64n - 1n]) {
      const outside = patched(file, layers.entries.get("kernel")!, offset, 64);

      await expectRefusal(outside, "HDF5_INVALID", /heap|beyond the end of file/);
    }
  });

  test("without an end in the heap", async () => {
    const start = nameOf(layers.entries.get("kernel")!);
    const heapEnd = layers.heapData + Number(file.readBigUInt64LE(layers.heap + 8));

    const endless = patched(file, start, Buffer.alloc(heapEnd - start, "k"));

    await expectRefusal(endless, "HDF5_INVALID", /a name has no end/);
  });

  test("longer than any", async () => {
    const name = (length: number): string => "x".repeat(length);
    const bytes = (length: number): Promise<Uint8Array> =>
      layoutBytes(layOutHdf5(group({ [name(length)]: group() })));
    const most = limits.nameBytes.max;

    expect([...(await readBytes(await bytes(most))).children.keys()]).toEqual([name(most)]);
    await expectRefusal(await bytes(most + 1), "LIMIT_EXCEEDED", /4097 bytes in a name/);
  });
});

describe("a local heap that lies is refused:", () => {
  const size = 8;
  const data = 24;

  test.each([
    ["another structure", 0, Buffer.from("PEAH"), 8, "HDF5_INVALID", /signature "HEAP"/],
    ["another version", 4, 1, 8, "HDF5_INVALID", /local heap at byte \d+: version 1 is not/],
    ["larger than the file", size, 1_000_000, 64, "HDF5_INVALID", /heap data: .*end of file/],
    ["larger than any", size, limits.heapBytes.max + 1, 64, "LIMIT_EXCEEDED", /--limit heapBytes=/],
    ["of 2^63 bytes", size, 2n ** 63n, 64, "HDF5_INVALID", /9223372036854775808 is beyond/],
    ["nowhere", data, -1, 64, "HDF5_INVALID", /local heap at byte \d+: \d+ is beyond the end/],
    ["over the superblock", data, 0, 64, "HDF5_INVALID", /heap|name/],
  ] as const)("%s", async (_, at, value, width, code, message) => {
    await expectRefusal(patched(file, layers.heap + at, value, width), code, message);
  });
});

describe("a B-tree that goes round or lies is refused:", () => {
  const type = 4;
  const level = 5;
  const used = 6;
  const firstChild = 32;

  test.each([
    ["another structure", 0, Buffer.from("EERT"), 8, /signature "TREE"/],
    ["chunks of a dataset", type, 1, 8, /node type 1 where a group's is 0/],
    ["more children than fit", used, 33, 16, /33 children, at most 32 fit/],
    ["more children than there are", used, 20, 16, /two parents/],
    ["an inner node without children", used, [1, 0, 0], 8, /an inner node without children/],
    ["leaves where inner nodes should be", level, 1, 8, /B-tree node.*signature "TREE"/],
  ] as const)("%s", async (_, at, value, width, message) => {
    const field = typeof value === "object" && !Buffer.isBuffer(value) ? level : at;
    const bytes = typeof value === "number" ? value : Buffer.from(value);

    await expectRefusal(patched(wide, many.btree + field, bytes, width), "HDF5_INVALID", message);
  });

  test.each([
    ["a bound above its names", firstChild + 8, 8, /not within the bounds/],
    ["a bound below its names", 24, 40, /not within the bounds/],
    ["a bound outside the heap", firstChild + 8, 1_000_000, /key of the B-tree outside the heap/],
  ] as const)("%s", async (_, at, value, message) => {
    await expectRefusal(patched(wide, many.btree + at, value, 64), "HDF5_INVALID", message);
  });

  test("a node that is its own child", async () => {
    const itself = patched(patched(wide, many.btree + level, 1), many.btree + used, 1, 16);
    const loop = patched(itself, many.btree + firstChild, many.btree, 64);

    await expectRefusal(loop, "HDF5_INVALID", /B-tree node at byte \d+: level 1 below level 1/);
  });

  test("two nodes that are each other's children", async () => {
    const inner = wide.length;
    const node = wide.subarray(many.btree, many.btree + 544);
    const longer = Buffer.concat([wide, node]);
    const root = patched(patched(longer, many.btree + level, 2), many.btree + used, 1, 16);
    const below = patched(patched(root, inner + level, 1), inner + used, 1, 16);
    const down = patched(below, many.btree + firstChild, inner, 64);
    const loop = patched(down, inner + firstChild, many.btree, 64);

    await expectRefusal(
      patched(loop, 40, loop.length, 64),
      "HDF5_INVALID",
      /level 2 below level 1/,
    );
  });

  test("a node with two parents", async () => {
    const first = wide.readBigUInt64LE(many.btree + firstChild);

    const twice = patched(wide, many.btree + firstChild + 16, first, 64);

    await expectRefusal(twice, "HDF5_INVALID", /a B-tree node has two parents/);
  });

  test("more levels than any group needs", async () => {
    const levels = 12;
    const made = handmade(96 + 40 + 40 + levels * 544);
    const { writer } = made;
    writeGroupHeader(made, 96 + 80, 96 + 40);
    const heap = made.begin(40);
    writer.text("HEAP");
    writer.skip(4);
    writer.u64(8);
    writer.u64(1);
    writer.u64(heap + 32);
    for (let height = levels; height > 0; height -= 1) {
      const next = made.begin(544) + 544;
      writer.text("TREE");
      writer.u8(0);
      writer.u8(height);
      writer.u16(1);
      writer.skip(24);
      writer.u64(next);
    }

    await expectRefusal(
      made.end(),
      "LIMIT_EXCEEDED",
      /9 levels of an HDF5 B-tree.*--limit btreeDepth=/,
    );
  });
});

describe("a symbol table node that lies is refused:", () => {
  test.each([
    ["another structure", 0, Buffer.from("DONS"), 8, /signature "SNOD"/],
    ["another version", 4, 2, 8, /symbol table node at byte \d+: version 2 is not known/],
    ["more links than fit", 6, 9, 16, /9 entries, at most 8 fit/],
    ["more links than there are", 6, 4, 16, /"kernel" and|is not a name/],
  ] as const)("%s", async (_, at, value, width, message) => {
    await expectRefusal(patched(file, layers.table + at, value, width), "HDF5_INVALID", message);
  });

  test("fewer links than there are loses none that libhdf5 finds", async () => {
    const fewer = patched(file, layers.table + 6, 2, 16);

    const { children } = await readBytes(fewer);

    expect(children.get("layers")).toMatchObject({
      children: new Map([
        ["bias", expect.anything()],
        ["gamma", expect.anything()],
      ]),
    });
  });
});
