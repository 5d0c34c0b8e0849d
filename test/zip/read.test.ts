import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memorySource } from "#shared/bytes/memory-source.ts";
import { readMember, type ZipMember } from "#shared/zip/member.ts";
import { readZip } from "#shared/zip/read.ts";
import { limits } from "#shared/limits.ts";
import { patternedBytes, zeroSource } from "../support/sources.ts";
import { zipArchive, yauzlMembers, type RawMember } from "../support/zip.ts";

const content = Buffer.from("some text, some text, some text");

async function read(archive: Buffer): Promise<ReadonlyMap<string, ZipMember>> {
  return readZip(memorySource("archive", archive));
}

async function contents(archive: Buffer): Promise<[string, Buffer][]> {
  const found: [string, Buffer][] = [];
  for (const member of (await read(archive)).values()) {
    found.push([member.name, Buffer.from(await readMember(member))]);
  }
  return found;
}

const rawMember: fc.Arbitrary<RawMember & { readonly name: string; readonly content: Uint8Array }> =
  fc.record({
    name: fc.string({ unit: fc.constantFrom("a", "b", "é", "層"), minLength: 1 }),
    content: fc.uint8Array({ maxLength: 300 }),
    deflated: fc.boolean(),
    descriptor: fc.boolean(),
  });

describe("readZip", () => {
  test("sees what yauzl sees in archives of stored, deflated and streamed members", async () => {
    const members = fc.uniqueArray(rawMember, { selector: ({ name }) => name, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(members, async (given) => {
        const archive = zipArchive(given);

        const found = await contents(archive);

        expect(found).toEqual([...(await yauzlMembers(archive))]);
        expect(found).toEqual(given.map((member) => [member.name, Buffer.from(member.content)]));
      }),
    );
  });

  test("passes over folders", async () => {
    const archive = zipArchive([
      { name: "assets/", central: { attributes: 0o040755 * 2 ** 16 } },
      { name: "assets/vocabulary.txt", content },
    ]);

    expect([...(await read(archive)).keys()]).toEqual(["assets/vocabulary.txt"]);
  });

  test("says where a member stands, so that a stored one can be moved without reading it", async () => {
    const archive = zipArchive([
      { name: "config.json", content, deflated: true },
      { name: "model.weights.h5", content },
    ]);

    const member = (await read(archive)).get("model.weights.h5")!;

    const { offset, length } = member.stored;
    expect(archive.subarray(offset, offset + length).equals(content)).toBe(true);
    expect(member.deflated).toBe(false);
  });

  test("takes an archive comment of up to 65,535 bytes, whatever is in it", async () => {
    const comment = patternedBytes(65_535);

    const found = await contents(zipArchive([{ name: "a", content }], { comment }));

    expect(found).toEqual([["a", content]]);
  });

  test("finds the data behind a local header that is longer than its directory record", async () => {
    const archive = zipArchive([
      { name: "a", content, local: { extra: Buffer.from("\x99\x99\x04\x00abcd", "latin1") } },
      { name: "b", content },
    ]);

    expect(await contents(archive)).toEqual([
      ["a", content],
      ["b", content],
    ]);
  });

  test("finds names that are not marked as UTF-8 in the code page ZIP gives them", async () => {
    const flags = { flags: 0 };
    const name = Buffer.from([0x82, 0x2e, 0x74]);

    const archive = zipArchive([{ name, content, local: flags, central: flags }]);

    expect([...(await read(archive)).keys()]).toEqual(["é.t"]);
  });
});

async function onlyMember(raw: RawMember): Promise<ZipMember> {
  const [found] = (await read(zipArchive([raw]))).values();
  return found!;
}

describe("readMember", () => {
  test("refuses a stored member that does not match its checksum", async () => {
    const damaged = { crc32: 1 };
    const found = await onlyMember({ name: "a", content, local: damaged, central: damaged });

    await expect(readMember(found)).rejects.toMatchObject({
      code: "ZIP_INVALID",
      message: expect.stringMatching(/"a".*checksum/),
    });
  });

  test("refuses a deflated member that does not match its checksum", async () => {
    const damaged = { crc32: 1 };
    const raw = { name: "a", content, deflated: true, local: damaged, central: damaged };
    const found = await onlyMember(raw);

    await expect(readMember(found)).rejects.toMatchObject({
      code: "ZIP_INVALID",
      message: expect.stringContaining("checksum"),
    });
  });

  test("refuses a bomb as soon as it is larger than it says, without inflating the rest", async () => {
    const bomb = deflateRawSync(Buffer.alloc(50 * 1024 * 1024));
    const declared = { method: 8, size: 1_000_000 };
    const found = await onlyMember({
      name: "a",
      content: bomb,
      local: declared,
      central: declared,
    });

    const reading = readMember(found);

    await expect(reading).rejects.toMatchObject({
      code: "ZIP_INVALID",
      message: expect.stringContaining("cannot be inflated to its declared size"),
      cause: { code: "ERR_BUFFER_TOO_LARGE" },
    });
  });

  test.each([-1, 1])("refuses a member that inflates to %i byte of what it says", async (by) => {
    const declared = { size: content.length + by };
    const raw = { name: "a", content, deflated: true, local: declared, central: declared };
    const found = await onlyMember(raw);

    await expect(readMember(found)).rejects.toMatchObject({ code: "ZIP_INVALID" });
  });

  test("refuses a member whose compressed bytes are none", async () => {
    const deflated = { method: 8 };
    const raw = { name: "a", content: Buffer.from([7, 7, 7]), local: deflated, central: deflated };
    const found = await onlyMember(raw);

    await expect(readMember(found)).rejects.toMatchObject({
      code: "ZIP_INVALID",
      cause: expect.any(Error),
    });
  });

  test("refuses to hold what is stored much larger than inflated", async () => {
    const padded = Buffer.concat([deflateRawSync(content), Buffer.alloc(5000)]);
    const declared = { method: 8, size: content.length };
    const found = await onlyMember({
      name: "a",
      content: padded,
      local: declared,
      central: declared,
    });

    await expect(readMember(found)).rejects.toMatchObject({
      code: "ZIP_INVALID",
      message: expect.stringContaining("larger stored than inflated"),
    });
  });

  test("refuses a member past the limit before a byte of it is read", async () => {
    const size = limits.memberBytes.max + 1;
    const source = {
      ...zeroSource(size),
      read: () => Promise.reject(new Error("it was read")),
    };
    const stored = { source, offset: 0, length: size };
    const found = { name: "config.json", size, crc32: 0, deflated: false, stored };

    await expect(readMember(found)).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: expect.stringMatching(/config\.json.*memberBytes/),
    });
  });

  test("reads an empty member, stored or deflated", async () => {
    const archive = zipArchive([{ name: "a" }, { name: "b", deflated: true }]);

    expect(await contents(archive)).toEqual([
      ["a", Buffer.alloc(0)],
      ["b", Buffer.alloc(0)],
    ]);
  });
});
