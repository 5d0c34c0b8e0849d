import { beforeAll, describe, expect, test } from "vitest";
import { attribute, stringBytes, stringList, textAttribute } from "#shared/hdf5/attributes.ts";
import type { Hdf5Attribute } from "#shared/hdf5/model.ts";
import { vlenText } from "#shared/hdf5/text.ts";
import { layOutHdf5 } from "#shared/hdf5/lay-out.ts";
import { limits } from "#shared/limits.ts";
import { datatype, fixedString } from "../support/hdf5-datatypes.ts";
import { expectRefusal, layoutBytes, readBytes, refusal } from "../support/hdf5-files.ts";
import { headerMessages, libhdf5File, objectHeader, patched } from "../support/hdf5-raw.ts";
import { bytesAttribute, float64, group, text } from "../support/hdf5-trees.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();

describe("an attribute that is damaged is refused by its owner or name:", () => {
  let file: Buffer;
  /** Of the attribute's message; h5wasm writes version 1, as h5py does. */
  let body: number;
  let name: number;

  beforeAll(async () => {
    file = await libhdf5File(folder, (writer) => {
      const layer = writer.create_group("layer");
      layer.create_attribute("one", [1, 2, 3]);
      layer.create_attribute("two", [4]);
      layer.create_attribute("square", [5], [1, 1]);
    });
    const messages = headerMessages(file, objectHeader(file, "layer"));
    ({ body } = messages.find(({ type }) => type === 0x0c)!);
    name = body + 8;
  });

  test.each([
    ["an unknown version", 0, 4, 8, "HDF5_INVALID", /attribute version 4 is not known/],
    ["a name that has no end", 2, 3, 16, "HDF5_INVALID", /attribute name .*a name has no end/],
    ["a name with a NUL in it", 9, 0, 8, "HDF5_INVALID", /attribute name goes on behind its end/],
    ["a name longer than the message", 2, 60_000, 16, "HDF5_INVALID", /ends before its fields/],
    ["a type of no bytes", 4, 0, 16, "HDF5_INVALID", /"one": datatype .*ends before its fields/],
    ["no shape", 6, 0, 16, "HDF5_INVALID", /"one": dataspace .*ends before its fields/],
    [
      "a name that is no UTF-8",
      8,
      0xff,
      8,
      "HDF5_INVALID",
      /attribute name: the text is not UTF-8/,
    ],
  ] as const)("%s", async (_, at, value, width, code, words) => {
    expect(file[body]).toBe(1);

    await expectRefusal(patched(file, body + at, value, width), code, words);
  });

  test("more values than there are", async () => {
    const dimension = name + 8 + 16 + 8;

    for (const [size, needed] of [
      [1000, "4000"],
      [2n ** 52n, "18014398509481984"],
    ] as const) {
      const words = new RegExp(`"one" claims ${needed} bytes, \\d+ are there`);
      await expectRefusal(patched(file, dimension, size, 64), "HDF5_INVALID", words);
    }
  });

  test("dimensions whose product is no number", async () => {
    const square = file.indexOf("square\0");
    const first = patched(file, square + 8 + 16 + 8, 2n ** 40n, 64);

    const huge = patched(first, square + 8 + 16 + 16, 2n ** 40n, 64);

    await expectRefusal(huge, "HDF5_INVALID", /"square" claims more bytes than any file has/);
  });

  test("two of one name", async () => {
    const twice = patched(file, name, Buffer.from("two"));

    await expectRefusal(twice, "HDF5_INVALID", /^\/layer: two attributes have one name/);
  });

  test("a committed datatype", async () => {
    const committed = patched(patched(file, body, 3), body + 1, 1);

    await expectRefusal(committed, "UNSUPPORTED", /^\/layer: attributes of committed datatypes/);
  });

  test("a name longer than any", async () => {
    const long = (length: number): Promise<Uint8Array> =>
      layoutBytes(layOutHdf5(group({}, [bytesAttribute("x".repeat(length), 1)])));
    const most = limits.nameBytes.max - 1;

    expect((await readBytes(await long(most))).attributes[0]?.name).toHaveLength(most);
    await expectRefusal(await long(most + 1), "LIMIT_EXCEEDED", /4097 bytes in a name/);
  });
});

test("attributes that stand in a heap because they are many are all there", async () => {
  const bytes = await libhdf5File(
    folder,
    (writer) => {
      const layer = writer.create_group("layer");
      for (let index = 0; index < 9; index += 1) layer.create_attribute(`a${index}`, [index]);
    },
    { libver: "v110" },
  );

  const layer = (await readBytes(bytes)).children.get("layer");
  const found = layer?.attributes.map(({ name, data }) => [name, (data as Uint8Array)[0]]);
  expect(found?.toSorted()).toEqual(Array.from({ length: 9 }, (_, index) => [`a${index}`, index]));
});

describe("text of attributes", () => {
  const fixed = (shape: number[], size: number, bytes: string): Hdf5Attribute => ({
    name: "names",
    datatype: datatype(fixedString(size)),
    shape,
    data: Buffer.from(bytes, "latin1"),
  });
  const list = (name: string, ...items: string[]): Hdf5Attribute => ({
    name,
    datatype: text,
    shape: [items.length],
    data: items.map((item) => Buffer.from(item)),
  });

  test("of fixed length ends before its padding, not at a NUL within", () => {
    const strings = stringBytes(fixed([3], 4, "ab\0\0a\0b\0\0\0\0\0"));

    expect(strings?.map((bytes) => Buffer.from(bytes).toString("latin1"))).toEqual([
      "ab",
      "a\0b",
      "",
    ]);
  });

  test("is undefined of numbers", () => {
    expect(stringBytes(bytesAttribute("n", 3))).toBeUndefined();
  });

  test("is null where there is no such attribute", () => {
    expect(attribute(group(), "names")).toBeUndefined();
    expect(textAttribute(group(), "names")).toBeNull();
    expect(stringList(group(), "names")).toBeUndefined();
  });

  test.each(["ascii", "utf8"] as const)("written as %s is read back", (characterSet) => {
    expect(textAttribute(group({}, [vlenText("names", "naïve", characterSet)]), "names")).toBe(
      "naïve",
    );
  });

  test.each([
    ["two strings", list("names", "a", "b"), "MODEL_INVALID", /"names" is not one string/],
    ["no string", list("names"), "MODEL_INVALID", /"names" is not one string/],
    ["numbers", bytesAttribute("names", 1), "MODEL_INVALID", /"names" is not one string/],
    ["no UTF-8", fixed([], 1, "\xff"), "HDF5_INVALID", /attribute "names": the text is not UTF-8/],
  ] as const)("that is %s is refused where one string is needed", (_, found, code, words) => {
    expect(() => textAttribute(group({}, [found]), "names")).toThrow(
      expect.objectContaining(refusal(code, words)),
    );
  });

  test("keeps the byte order mark it starts with", () => {
    expect(textAttribute(group({}, [list("names", "\ufeffa")]), "names")).toBe("\ufeffa");
  });

  test("in several attributes is one list, in order of their numbers", () => {
    const chunks = [list("names1", "c"), list("names0", "a", "b"), list("names3", "lost")];

    expect(stringList(group({}, chunks), "names")).toEqual(["a", "b", "c"]);
  });

  test("in one attribute is not joined with what only looks like its continuation", () => {
    expect(stringList(group({}, [list("names", "a"), list("names0", "b")]), "names")).toEqual([
      "a",
    ]);
  });

  test("of an empty list, numpy's array of floats, is an empty list", () => {
    const empty = { name: "names", datatype: float64, shape: [0], data: new Uint8Array() };

    expect(stringList(group({}, [empty]), "names")).toEqual([]);
  });

  test("of numbers is refused where names are needed", () => {
    expect(() => stringList(group({}, [bytesAttribute("names", 2)]), "names")).toThrow(
      expect.objectContaining(refusal("MODEL_INVALID", /"names" is not a list of names/)),
    );
  });
});
