import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { layOutHdf5 } from "#shared/hdf5/lay-out.ts";
import { expectRefusal, layoutBytes, readBytes } from "../support/hdf5-files.ts";
import { libhdf5File, patched, signed, superblock } from "../support/hdf5-raw.ts";
import { bytesAttribute, contents, dataset, group } from "../support/hdf5-trees.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();
let old: Buffer;
let latest: Buffer;

beforeAll(async () => {
  const fill = (file: Parameters<Parameters<typeof libhdf5File>[1]>[0]): void => {
    file.create_group("layers").create_dataset({ name: "kernel", data: new Float32Array(20) });
  };
  old = await libhdf5File(folder, fill);
  latest = await libhdf5File(folder, fill, { libver: "v110" });
});

test("a truncated file is refused with both sizes, wherever it was cut", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 96, max: old.length - 1 }), async (size) => {
      const sizes = new RegExp(`Truncated: .*${old.length} bytes, the file has ${size}\\.`);

      await expectRefusal(old.subarray(0, size), "HDF5_INVALID", sizes);
    }),
  );
});

test("a file cut within its superblock is refused", async () => {
  for (let size = 0; size < 96; size += 1) {
    await expectRefusal(old.subarray(0, size), "HDF5_INVALID", /superblock at byte \d+: /);
  }
});

test("an archive member that is something else than HDF5 is said to be", async () => {
  const text = Buffer.alloc(200, "not HDF5 ");

  await expectRefusal(text, "HDF5_INVALID", /superblock at byte 0: the HDF5 signature is not/);
});

describe("a superblock that readers could take for different files is refused:", () => {
  test.each([
    ["version 4", superblock.version, 4, 8, "UNSUPPORTED", /superblock version 4 is not known/],
    ["version 255", superblock.version, 255, 8, "UNSUPPORTED", /superblock version 255/],
    ["short offsets", superblock.offsetSize, 4, 8, "UNSUPPORTED", /offsets of 4 and lengths of 8/],
    ["short lengths", superblock.lengthSize, 4, 8, "UNSUPPORTED", /offsets of 8 and lengths of 4/],
    ["wide offsets", superblock.offsetSize, 255, 8, "UNSUPPORTED", /offsets of 255/],
    ["a base address", superblock.base, 512, 64, "UNSUPPORTED", /base address of 512/],
    ["an impossible base", superblock.base, -1, 64, "HDF5_INVALID", /beyond the end of file/],
    ["driver information", superblock.driver, 96, 64, "UNSUPPORTED", /driver information/],
    ["leaves without room", superblock.leafK, 0, 16, "HDF5_INVALID", /without room for entries/],
    ["nodes without room", superblock.internalK, 0, 16, "HDF5_INVALID", /without room for ent/],
    ["an end at 2^63", superblock.endOfFile, 2n ** 63n, 64, "HDF5_INVALID", /9223372036854775808/],
    ["a root outside", superblock.root, 1e9, 64, "HDF5_INVALID", /beyond the end of file/],
    ["a root nowhere", superblock.root, -1, 64, "HDF5_INVALID", /beyond the end of file/],
    ["a root in the superblock", superblock.root, 8, 64, "HDF5_INVALID", /object header version 0/],
  ] as const)("%s", async (_, at, value, width, code, message) => {
    await expectRefusal(patched(old, at, value, width), code, message);
  });

  test("an end of file before its last structures", async () => {
    const half = patched(old, superblock.endOfFile, old.length / 2, 64);

    await expectRefusal(half, "HDF5_INVALID", /beyond the end of file at \d+/);
  });
});

test("bytes behind the end of file are nobody's and do no harm", async () => {
  const longer = Buffer.concat([old, Buffer.from("trailing")]);

  expect(await contents(await readBytes(longer))).toEqual(await contents(await readBytes(old)));
});

test("the leaf and node sizes of the superblock are used, not the usual ones", async () => {
  const tree = group({ a: dataset([1]) }, [bytesAttribute("b", 3)]);
  const bytes = await layoutBytes(layOutHdf5(tree));

  await expectRefusal(
    patched(bytes, superblock.leafK, 200, 16),
    "HDF5_INVALID",
    /symbol table node.*(beyond the end|share bytes)/,
  );
  expect(await contents(await readBytes(patched(bytes, superblock.leafK, 3, 16)))).toEqual(
    await contents(tree),
  );
});

test("a superblock of version 1, which has four bytes more, is read", async () => {
  const root = old.subarray(96, 96 + 16 + old.readUInt32LE(96 + 8));
  const padding = Buffer.alloc(-old.length & 7);
  const grown = Buffer.concat([old, padding, root]);
  const rooted = patched(grown, superblock.root, old.length + padding.length, 64);
  const head = patched(
    patched(rooted, superblock.version, 1),
    superblock.endOfFile,
    grown.length,
    64,
  );
  const newer = Buffer.from(head);
  head.copy(newer, 28, 24, 96);
  newer.writeUInt32LE(32, 24);

  expect(await contents(await readBytes(newer))).toEqual(await contents(await readBytes(old)));
});

describe("superblocks of version 2 and 3", () => {
  const version = 8;
  const extension = 20;
  const rootAddress = 36;
  const checksumAt = 44;

  test.each([2, 3])("of version %d are read", async (number) => {
    const file = signed(patched(latest, version, number), 0, checksumAt);

    expect(await contents(await readBytes(file))).toEqual(await contents(await readBytes(old)));
  });

  test("of which any byte is damaged are refused", async () => {
    for (let at = 9; at < checksumAt + 4; at += 1) {
      const damaged = patched(latest, at, latest[at]! ^ 0x10);

      await expect(readBytes(damaged)).rejects.toMatchObject({ name: "CleaveError" });
    }
    const damaged = patched(latest, rootAddress, latest[rootAddress]! ^ 1);
    await expectRefusal(damaged, "HDF5_INVALID", /superblock at byte 44: the checksum does not/);
  });

  test("with an extension are refused by that word", async () => {
    const extended = signed(patched(latest, extension, 96, 64), 0, checksumAt);

    await expectRefusal(extended, "UNSUPPORTED", /superblock has superblock extensions/);
  });

  test("of truncated files say both sizes", async () => {
    const cut = latest.subarray(0, latest.length - 1);

    await expectRefusal(cut, "HDF5_INVALID", new RegExp(`${latest.length} bytes.*${cut.length}`));
  });
});
