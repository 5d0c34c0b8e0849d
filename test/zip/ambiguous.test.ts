import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { ByteWriter } from "#shared/bytes/byte-writer.ts";
import { layout } from "#shared/bytes/layout.ts";
import { memorySource } from "#shared/bytes/memory-source.ts";
import type { ByteSource } from "#shared/bytes/source.ts";
import { layOutZip } from "#shared/zip/lay-out.ts";
import { readZip } from "#shared/zip/read.ts";
import { refusal } from "../support/refusal.ts";
import { plannedSource, zeroSource } from "../support/sources.ts";
import { alsoLocally, directoryRecord, zipArchive, type RawMember } from "../support/zip.ts";

const content = Buffer.from("some text, some text, some text");
const good: RawMember = { name: "good.txt", content };

async function read(archive: Uint8Array): Promise<unknown> {
  return readZip(memorySource("archive", archive));
}

/** A directory record of which no local header and no count knows. */
function hiddenRecord(name: string): Uint8Array {
  const fields = { name, flags: 0, method: 0, crc32: 0, compressedSize: 0, size: 0 };
  return directoryRecord({
    ...fields,
    extra: new Uint8Array(),
    madeBy: 0,
    attributes: 0,
    offset: 0,
  });
}

/** What stands in the 32-bit fields of a header whose sizes are in its ZIP64 field. */
const full = { size: 0xffff_ffff, compressedSize: 0xffff_ffff };

/** ZIP64's extra field of a local header. */
function zip64Field(size: number, compressedSize: number): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(20));
  writer.u16(1);
  writer.u16(16);
  writer.u64(size);
  writer.u64(compressedSize);
  return writer.bytes;
}

describe("two readers must not see different members:", () => {
  test("a name that stands twice is refused", async () => {
    const archive = zipArchive([good, { name: "good.txt", content: Buffer.from("other") }]);

    await expect(read(archive)).rejects.toMatchObject(
      refusal("ZIP_INVALID", /"good\.txt" stands twice/),
    );
  });

  test.each([
    ["name", { name: "gold.txt" }],
    ["name", { name: "good" }],
    ["compression method", { method: 8 }],
    ["checksum", { crc32: 1 }],
    ["size", { compressedSize: 1 }],
    ["size", { size: 1 }],
    ["flags", { flags: 0 }],
    ["flags", { flags: 0x0801 }],
  ])("a local header with another %s than the directory is refused: %j", async (what, local) => {
    const archive = zipArchive([{ ...good, local }]);

    await expect(read(archive)).rejects.toMatchObject(
      refusal("ZIP_INVALID", new RegExp(`has another ${what} in its local header`)),
    );
  });

  test("a deflated member with another inflated size in its local header is refused", async () => {
    const archive = zipArchive([{ ...good, deflated: true, local: { size: 30 } }]);

    await expect(read(archive)).rejects.toMatchObject(
      refusal("ZIP_INVALID", /has another size in its local header/),
    );
  });

  test("a name that an extra field vouches for is refused where the header has another", async () => {
    const other = Buffer.from("evil.txt");
    const bytes = new Uint8Array(9 + other.length);
    const extra = new ByteWriter(bytes);
    extra.u16(0x7075); // Info-ZIP's Unicode path (APPNOTE.TXT 4.6.9)
    extra.u16(5 + other.length);
    extra.u8(1);
    extra.u32(crc32(Buffer.from("good.txt")));
    extra.put(other);
    const field = { flags: 0, extra: bytes };
    const archive = zipArchive([{ ...good, local: { flags: 0 }, central: field }]);

    await expect(read(archive)).rejects.toMatchObject(
      refusal("ZIP_INVALID", /"evil.txt" has another name, "good.txt"/),
    );
  });

  test("members that share bytes are refused", async () => {
    const inner = zipArchive([{ name: "inner", content: Buffer.from("x") }]).subarray(0, 36);
    const outer = zipArchive([
      { name: "outer", content: inner },
      { name: "inner", content: Buffer.from("x"), central: { offset: 35 } },
    ]);

    await expect(read(outer)).rejects.toMatchObject(refusal("ZIP_INVALID", /shares bytes/));
  });

  test("a member told twice under two names is refused", async () => {
    const archive = zipArchive([
      { name: "a", content },
      { name: "b", content, local: { name: "b" }, central: { name: "a", offset: 0 } },
    ]);

    await expect(read(archive)).rejects.toMatchObject(refusal("ZIP_INVALID", /stands twice/));
  });

  test("a member that reaches into the directory is refused", async () => {
    const alone = zipArchive([good]);
    const inside = alone.length - 22 - 30 - "good.txt".length;
    const size = alsoLocally({ compressedSize: inside, size: inside });

    const archive = zipArchive([{ ...good, ...size }]);

    await expect(read(archive)).rejects.toMatchObject(
      refusal("ZIP_INVALID", /reaches into the archive's directory/),
    );
  });

  test("a member that reaches beyond the end is refused", async () => {
    const size = alsoLocally({ compressedSize: 5000, size: 5000 });

    await expect(read(zipArchive([{ ...good, ...size }]))).rejects.toMatchObject(
      refusal("ZIP_INVALID", /damaged/),
    );
  });

  test.each([0, 1, 2])(
    "a directory of which only %i of 3 records count is refused",
    async (count) => {
      const archive = zipArchive([good, { name: "a" }, { name: "b" }], { count });

      await expect(read(archive)).rejects.toMatchObject(
        refusal("ZIP_INVALID", /bytes between the/),
      );
    },
  );

  test("a count of more records than there are is refused", async () => {
    const archive = zipArchive([good], { count: 2 });

    await expect(read(archive)).rejects.toMatchObject(refusal("ZIP_INVALID", /damaged/));
  });

  test.each([1, 29, 30, 31])(
    "a hidden record is refused whatever its length (name of %i characters)",
    async (length) => {
      const archive = zipArchive([good], { before: hiddenRecord("h".repeat(length)) });

      await expect(read(archive)).rejects.toMatchObject(
        refusal("ZIP_INVALID", /bytes between the 1 records/),
      );
    },
  );

  test.each([0, 1, 53, 54, 108])(
    "a directory of 107 bytes that is said to have %i is refused",
    async (directorySize) => {
      const archive = zipArchive([good, { name: "gold.ts" }], { directorySize });

      await expect(read(archive)).rejects.toMatchObject(
        refusal("ZIP_INVALID", /does not fit the directory of 2 records/),
      );
    },
  );

  test("local sizes in the extra field alone are accepted, as force_zip64 of Python leaves them", async () => {
    const extra = zip64Field(content.length, content.length);
    const archive = zipArchive([{ ...good, local: { ...full, extra } }]);

    await expect(read(archive)).resolves.toHaveProperty("size", 1);
  });

  test.each([
    ["inflated", content.length - 1, content.length],
    ["stored", content.length, content.length - 1],
  ])("another %s size in the local extra field is refused", async (_, size, compressedSize) => {
    const extra = zip64Field(size, compressedSize);
    const archive = zipArchive([{ ...good, local: { ...full, extra } }]);

    await expect(read(archive)).rejects.toMatchObject(
      refusal("ZIP_INVALID", /has another size in its local header/),
    );
  });

  test("local sizes that are said to be in an extra field that is not there are refused", async () => {
    const archive = zipArchive([{ ...good, local: { compressedSize: 0xffff_ffff } }]);

    await expect(read(archive)).rejects.toMatchObject(
      refusal("ZIP_INVALID", /has another size in its local header/),
    );
  });

  test.each([
    ["checksum", { crc32: 1 }],
    ["size", { compressedSize: 1 }],
    ["size", { size: 1 }],
  ])(
    "a streamed member with a false %s in its local header is refused: %j",
    async (what, local) => {
      const archive = zipArchive([{ ...good, descriptor: true, local }]);

      await expect(read(archive)).rejects.toMatchObject(
        refusal("ZIP_INVALID", new RegExp(`has another ${what} in its local header`)),
      );
    },
  );
});

describe("the end records of ZIP64", () => {
  const size = 2 ** 32;
  const weights = { source: zeroSource(size), offset: 0, length: size };
  const planned = layOutZip([{ name: "w", content: layout([weights]) }]);

  /** The same archive with another byte in its end records. */
  function changed(at: number): ByteSource {
    const end = Buffer.from(planned.segments.at(-1) as Uint8Array);
    end[at]! ^= 1;
    return plannedSource(layout([...planned.segments.slice(0, -1), end]), 0);
  }

  test.each([
    ["the members on this disk", 24],
    ["the members", 32],
    ["the directory's size", 40],
    ["the directory's offset", 48],
    ["where ZIP64's record is", 64],
    ["the members on this disk, in the record of before ZIP64", 84],
    ["the members, in the record of before ZIP64", 86],
    ["the directory's size, in the record of before ZIP64", 88],
    ["the directory's offset, in the record of before ZIP64", 92],
    ["whether there is a locator", 59],
    ["whether there is a record", 3],
  ])("do not say two things of %s", async (_, at) => {
    const reading = readZip(changed(at));

    await expect(reading).rejects.toMatchObject({ code: "ZIP_INVALID" });
  });

  test("are accepted where they agree", async () => {
    const members = await readZip(plannedSource(planned, 0));

    expect([...members.keys()]).toEqual(["w"]);
  });
});
