import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { memoryRange } from "#shared/bytes/memory-source.ts";
import { wholeRange } from "#shared/bytes/range-source.ts";
import type { ByteRange } from "#shared/bytes/source.ts";
import { layOutHdf5 } from "#shared/hdf5/lay-out.ts";
import type { Hdf5Dataset, Hdf5Group } from "#shared/hdf5/model.ts";
import { readHdf5 } from "#shared/hdf5/read.ts";
import { allDatasets } from "#shared/hdf5/tree.ts";
import { unpackInto } from "#shared/hdf5/unpack.ts";
import { OpenFiles } from "#shared/stores/open-files.ts";
import { layoutBytes, refusal } from "../support/hdf5-files.ts";
import { rangeBytes, seenByLibhdf5, seenByUs } from "../support/hdf5-judge.ts";
import { libhdf5File } from "../support/hdf5-raw.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { namesInOrder } from "./in-little-endian.ts";

/** What h5py reads, by path (packed/make.py). */
interface Expected {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly sha256: string;
}

const packed = fileURLToPath(new URL("packed", import.meta.url));
const index = JSON.parse(readFileSync(join(packed, "index.json"), "utf8")) as Readonly<
  Record<string, Readonly<Record<string, Expected>>>
>;
const folder = temporaryFolder();
const files = new OpenFiles();
afterAll(() => files.close());

const refused = ["lzf.h5", "szip.h5"];
const readable = Object.keys(index).filter((name) => !refused.includes(name));

async function openPacked(name: string): Promise<ByteRange> {
  return wholeRange(await files.open(join(packed, name)));
}

/** Shape and digest of every dataset. */
async function digests(tree: Hdf5Group): Promise<Map<string, Omit<Expected, "dtype">>> {
  const found = new Map<string, Omit<Expected, "dtype">>();
  for (const { path, node } of allDatasets(tree)) {
    const bytes = await rangeBytes(node.data as ByteRange);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    found.set(path, { shape: node.shape!, sha256 });
  }
  return found;
}

function expected(name: string): Map<string, Omit<Expected, "dtype">> {
  return new Map(
    Object.entries(index[name]!).map(([path, { shape, sha256 }]) => [path, { shape, sha256 }]),
  );
}

test("every file is in the index that h5py made", () => {
  const made = readdirSync(packed).filter((name) => name.endsWith(".h5"));

  expect(made.toSorted()).toEqual(Object.keys(index).toSorted());
});

describe("a packed file gives the values that h5py reads:", () => {
  test.each(readable)("%s", async (name) => {
    const tree = await readHdf5(await openPacked(name), unpackInto(files));

    expect(await digests(tree)).toEqual(expected(name));
  });

  test.each(["types.h5", "attributes.h5", "attributes-latest.h5", "repacked-all.h5"])(
    "and is written as libhdf5 sees it: %s",
    async (name) => {
      const seen = namesInOrder(await seenByLibhdf5(join(packed, name)));

      const tree = await readHdf5(await openPacked(name), unpackInto(files));
      const written = join(folder, "written.h5");
      writeFileSync(written, await layoutBytes(layOutHdf5(tree)));

      expect(await seenByUs(tree)).toEqual(seen);
      expect(await seenByLibhdf5(written)).toEqual(seen);
    },
  );

  test("also where it is no file on disk, and where it stands inside another", async () => {
    const content = readFileSync(join(packed, "repacked-all.h5"));
    const around = Buffer.concat([Buffer.alloc(1000, "PK"), content, Buffer.alloc(500, "PK")]);
    const path = join(folder, "archive.zip");
    writeFileSync(path, around);
    const inside = { source: await files.open(path), offset: 1000, length: content.length };

    const fromMemory = await readHdf5(memoryRange("memory", content), unpackInto(files));
    const fromArchive = await readHdf5(inside, unpackInto(files));

    expect(await digests(fromMemory)).toEqual(expected("repacked-all.h5"));
    expect(await digests(fromArchive)).toEqual(expected("repacked-all.h5"));
  });

  test.each(["v110", "latest"] as const)("extensible arrays of pages, as of %s", async (libver) => {
    const data = Int8Array.from({ length: 40_000 }, (_, at) => at % 251);
    const bytes = await libhdf5File(
      folder,
      (writer) => {
        writer.create_dataset({ name: "a", data, shape: [40_000], maxshape: [null], chunks: [1] });
      },
      { libver },
    );

    const tree = await readHdf5(memoryRange("pages", bytes), unpackInto(files));

    const { data: found } = allDatasets(tree)[0]!.node;
    expect(Buffer.compare(await rangeBytes(found as ByteRange), Buffer.from(data.buffer))).toBe(0);
  });
});

test("only what is packed is unpacked: the rest stays where it is", async () => {
  const range = await openPacked("repacked-all.h5");

  const tree = await readHdf5(range, unpackInto(files));

  const where = allDatasets(tree).map(({ path, node }) => [
    path,
    (node.data as ByteRange).source === range.source,
  ]);
  expect(where).toEqual([
    ["step", true],
    ["dense/bias:0", false],
    ["dense/kernel:0", false],
  ]);
});

test("big-endian numbers are of the little-endian type, whether packed or not", async () => {
  const tree = await readHdf5(await openPacked("types.h5"), unpackInto(files));

  for (const [name, dtype] of [
    ["f4", "float32"],
    ["f2", "float16"],
    ["i8", "int64"],
    ["u2", "uint16"],
  ]) {
    const types = [`<${name} packed`, `>${name}`, `>${name} packed`].map(
      (path) => (tree.children.get(path) as Hdf5Dataset).datatype,
    );
    expect(types[0]!.name).toBe(dtype);
    expect(types[1]).toEqual(types[0]);
    expect(types[2]).toEqual(types[0]);
  }
});

describe("what libhdf5 cannot read, or not safely, is refused by name:", () => {
  test.each([
    ["lzf.h5", /^\/kernel: .*filter lzf \(number 32000\).*h5repack -f NONE/],
    ["szip.h5", /^\/kernel: .*filter szip.*h5repack -f NONE/],
  ])("%s", async (name, words) => {
    await expect(readHdf5(await openPacked(name), unpackInto(files))).rejects.toMatchObject(
      refusal("UNSUPPORTED", words),
    );
  });
});

test("without anything that unpacks, a packed file is refused by how it is stored", async () => {
  await expect(readHdf5(await openPacked("repacked-all.h5"))).rejects.toMatchObject(
    refusal(
      "UNSUPPORTED",
      /^\/dense\/.*: the values are stored in chunks that pass a filter \(shuffle, gzip, fletcher32\)/,
    ),
  );
});
