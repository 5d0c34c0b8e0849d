import type { File } from "h5wasm/node";
import { beforeAll, describe, expect, test } from "vitest";
import { layOutHdf5 } from "#shared/hdf5/lay-out.ts";
import { limits } from "#shared/limits.ts";
import { expectRefusal, layoutBytes, readBytes } from "../support/hdf5-files.ts";
import { rangeBytes } from "../support/hdf5-judge.ts";
import {
  handmade,
  libhdf5File,
  message,
  objectHeader,
  patched,
  rawGroup,
  superblock,
  type RawMessage,
} from "../support/hdf5-raw.ts";
import { dataset, group, strings } from "../support/hdf5-trees.ts";
import { temporaryFolder } from "../support/temporary.ts";

const types = { nil: 0, dataspace: 1, datatype: 3, fillValue: 5, external: 7, layout: 8 };
const folder = temporaryFolder();
let file: Buffer;
let layout: RawMessage;
let space: RawMessage;

beforeAll(async () => {
  file = await libhdf5File(folder, (writer) => {
    writer.create_dataset({ name: "bias", data: new Float32Array(4) });
    writer.create_dataset({ name: "kernel", data: new Float32Array(12), shape: [3, 4] });
  });
  const kernel = objectHeader(file, "kernel");
  layout = message(file, kernel, types.layout);
  space = message(file, kernel, types.dataspace);
});

describe("values that are not one run of bytes, and that nothing unpacks, are refused by how they are stored:", () => {
  const written = (fill: (writer: File) => void): Promise<Buffer> => libhdf5File(folder, fill);
  const data = new Float32Array(64);
  const shape = [64];

  test("in chunks", async () => {
    const bytes = await written((writer) => {
      writer.create_dataset({ name: "kernel", data, shape, chunks: [16] });
    });

    await expectRefusal(
      bytes,
      "UNSUPPORTED",
      /^\/kernel: the values are stored in chunks.*h5repack/,
    );
  });

  test("compressed", async () => {
    const bytes = await written((writer) => {
      writer.create_dataset({ name: "k", data, shape, chunks: [16], compression: 4 });
    });

    await expectRefusal(
      bytes,
      "UNSUPPORTED",
      /^\/k: the values are stored in chunks that pass a filter \(gzip\).*h5repack/,
    );
  });

  test("in chunks of the newer format", async () => {
    const bytes = await libhdf5File(
      folder,
      (writer) => {
        writer.create_dataset({ name: "kernel", data, shape, maxshape: [null], chunks: [16] });
      },
      { libver: "latest" },
    );

    await expectRefusal(bytes, "UNSUPPORTED", /^\/kernel: the values are stored in chunks/);
  });

  test("in other files", async () => {
    const { at } = message(file, objectHeader(file, "kernel"), types.fillValue);

    const external = patched(file, at, types.external, 16);

    await expectRefusal(external, "UNSUPPORTED", /^\/kernel: .*another file \(external storage\)/);
  });

  test("in other datasets", async () => {
    const virtual = patched(patched(file, layout.body, 4), layout.body + 1, 3);

    await expectRefusal(virtual, "UNSUPPORTED", /^\/kernel: .*other datasets \(virtual\)/);
  });

  test("as HDF5 did before 1.6", async () => {
    const ancient = patched(file, layout.body, 2);

    await expectRefusal(ancient, "UNSUPPORTED", /^\/kernel: HDF5 data layout version 2 is not/);
  });

  test("in a way nobody knows", async () => {
    const unknown = patched(file, layout.body + 1, 4);

    await expectRefusal(unknown, "HDF5_INVALID", /layout class 4 is not known/);
  });
});

test("values in the object header are found there", async () => {
  const values = Float32Array.from([1, 2, 3]);
  const bytes = Buffer.from(await layoutBytes(layOutHdf5(group({ a: dataset([3]) }))));
  const { body } = message(bytes, objectHeader(bytes, "a"), types.layout);
  const compact = Buffer.concat([Uint8Array.of(3, 0, 12, 0), Buffer.from(values.buffer)]);

  const { children } = await readBytes(patched(bytes, body, compact));

  const { data } = children.get("a") as ReturnType<typeof dataset>;
  expect("source" in data && (await rangeBytes(data))).toEqual(Buffer.from(values.buffer));
});

describe("a shape that is not what is stored is refused with both sizes:", () => {
  const dimension = 8;

  test("a row more", async () => {
    const more = patched(file, space.body + dimension, 4, 64);

    await expectRefusal(
      more,
      "HDF5_INVALID",
      /shape \[4, 4\] of datatype float32 needs 64 bytes, the size stored is 48/,
    );
  });

  test("a row less", async () => {
    const less = patched(file, space.body + dimension, 2, 64);

    await expectRefusal(less, "HDF5_INVALID", /needs 32 bytes, the size stored is 48/);
  });

  test("a product that is right modulo 2^64", async () => {
    const first = patched(file, space.body + dimension, 2n ** 32n + 3n, 64);

    const product = patched(first, space.body + dimension + 8, 2n ** 32n, 64);

    await expectRefusal(
      product,
      "HDF5_INVALID",
      /shape \[4294967299, 4294967296\].*needs more bytes than any file has.*is 48/,
    );
  });

  test.each([2n ** 53n, 2n ** 63n, 2n ** 64n - 1n])("a dimension of %d", async (size) => {
    const huge = patched(file, space.body + dimension, size, 64);

    await expectRefusal(huge, "HDF5_INVALID", new RegExp(`${size} is beyond the end of file`));
  });

  test("no shape at all", async () => {
    const nothing = patched(file, space.body, Uint8Array.of(2, 0, 0, 2));

    await expectRefusal(nothing, "HDF5_INVALID", /needs 0 bytes, the size stored is 48/);
  });

  test.each([
    ["version 3", 0, 3, "HDF5_INVALID", /dataspace version 3 is not known/],
    ["33 dimensions", 1, 33, "LIMIT_EXCEEDED", /\/kernel: 33 dimensions.*--limit rank=/],
    ["more dimensions than there are", 1, 30, "HDF5_INVALID", /ends before its fields do/],
  ] as const)("a dataspace of %s", async (_, at, value, code, words) => {
    await expectRefusal(patched(file, space.body + at, value), code, words);
  });

  test.each([
    ["a scalar of two dimensions", 0, /2 dimensions of what has none/],
    ["nothing of two dimensions", 2, /2 dimensions of what has none/],
    ["an unknown type", 3, /dataspace type 3 is not known/],
  ])("%s", async (_, type, words) => {
    const newer = patched(file, space.body, Uint8Array.of(2, 2, 0, type));

    await expectRefusal(newer, "HDF5_INVALID", words);
  });
});

describe("values that are not the tensor's own are refused:", () => {
  const address = 2;

  test("those of another tensor", async () => {
    const bias = message(file, objectHeader(file, "bias"), types.layout);
    const values = file.readBigUInt64LE(bias.body + address);

    const shared = patched(file, layout.body + address, values, 64);

    await expectRefusal(shared, "HDF5_INVALID", /\/(bias|kernel) \[\d+, \d+\) and \/.*overlap/);
  });

  test.each([
    ["the superblock", () => 0, /superblock \[0, 96\) and \/kernel \[0, 48\) overlap/],
    ["its own header", () => objectHeader(file, "kernel"), /kernel.*overlap/],
    ["a heap", () => rawGroup(file).heap, /local heap.*overlap|overlap.*local heap/],
    ["a B-tree", () => rawGroup(file).btree, /B-tree.*overlap|overlap.*B-tree/],
    ["a symbol table node", () => rawGroup(file).table, /symbol table.*overlap|overlap.*symbol/],
  ])("bytes of %s", async (_, at, words) => {
    await expectRefusal(patched(file, layout.body + address, at(), 64), "HDF5_INVALID", words);
  });

  test.each([
    ["that begin in the file and end outside", (): number => file.length - 8],
    ["outside", (): number => file.length + 8],
  ])("bytes %s", async (_, at) => {
    const words = /^\/kernel: bytes \d+ to \d+ are beyond the end of file at \d+/;

    await expectRefusal(patched(file, layout.body + address, at(), 64), "HDF5_INVALID", words);
  });

  test("bytes at 2^63", async () => {
    const far = patched(file, layout.body + address, 2n ** 63n, 64);

    await expectRefusal(
      far,
      "HDF5_INVALID",
      /\/kernel: .*9223372036854775808 is beyond the end of/,
    );
  });

  test("none, where libhdf5 gives zeros", async () => {
    const nowhere = patched(file, layout.body + address, -1, 64);

    await expectRefusal(nowhere, "HDF5_INVALID", /^\/kernel: the values were never written/);
  });
});

test("an empty tensor needs no place", async () => {
  const bytes = await layoutBytes(layOutHdf5(group({ a: dataset([0, 3]), b: dataset(null) })));

  const { children } = await readBytes(bytes);

  expect(children.get("a")).toMatchObject({ shape: [0, 3], data: { length: 0 } });
  expect(children.get("b")).toMatchObject({ shape: null, data: { length: 0 } });
});

test.each(["dataspace", "datatype"] as const)("a dataset without a %s is refused", async (part) => {
  const { at } = message(file, objectHeader(file, "kernel"), types[part]);

  const without = patched(file, at, types.nil, 16);

  await expectRefusal(without, "HDF5_INVALID", /^\/kernel: a dataset without type, shape or place/);
});

test("more strings than memory should be spent on are refused before they are read", async () => {
  const count = limits.stringElements.max + 1;
  const made = handmade(count * 16);
  const small = Buffer.from(await layoutBytes(layOutHdf5(group({ a: strings([1], [text]) }))));
  const header = objectHeader(small, "a");
  const shape = message(small, header, types.dataspace).body + 8;
  const place = message(small, header, types.layout).body + 2;
  const all = Buffer.concat([small, made.end()]);
  const shaped = patched(patched(all, shape, count, 64), place, small.length, 64);
  const sized = patched(shaped, place + 8, count * 16, 64);

  await expectRefusal(
    patched(sized, superblock.endOfFile, sized.length, 64),
    "LIMIT_EXCEEDED",
    /\/a: 1000001 strings in one HDF5 array.*--limit stringElements=/,
  );
});

const text = Buffer.from("text");
