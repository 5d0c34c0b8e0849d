import { describe, expect, test } from "vitest";
import { memorySource } from "#shared/bytes/memory-source.ts";
import { limits } from "#shared/limits.ts";
import { readZip } from "#shared/zip/read.ts";
import { refusal } from "../support/refusal.ts";
import { observedSource } from "../support/sources.ts";
import { alsoLocally, zipArchive, type RawMember } from "../support/zip.ts";

const content = Buffer.from("some text, some text, some text");
const good: RawMember = { name: "good.txt", content };

async function read(archive: Uint8Array): Promise<unknown> {
  return readZip(memorySource("archive", archive));
}

describe("members must stay inside the folder they are taken out to:", () => {
  test.each([
    ["../evil.txt"],
    ["assets/../../evil.txt"],
    [".."],
    ["/etc/passwd"],
    ["C:/windows/evil.txt"],
    ["C:evil.txt"],
    ["assets\\evil.txt"],
    ["..\\evil.txt"],
  ])("the name %j is refused", async (name) => {
    await expect(read(zipArchive([{ name, content }]))).rejects.toMatchObject(
      refusal("ZIP_INVALID", /leaves the archive/),
    );
  });

  test.each([
    ["a NUL, at which C programs end the name", "config.json\0.png"],
    ["a line feed", "config\n.json"],
    ["a character that turns the text around", "config\u202enosj.exe"],
    ["an invisible character", "config\u200b.json"],
    ["an escape that terminals obey", "\u001b[2Jconfig.json"],
  ])("a name with %s is refused, and the message does not repeat it raw", async (_, name) => {
    const archive = zipArchive([{ name, content }]);

    await expect(read(archive)).rejects.toMatchObject(
      refusal("ZIP_INVALID", /invisible characters/),
    );
    const message = await read(archive).catch(String);
    expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  test.each([
    ["a symbolic link", 0o120777],
    ["a device", 0o020666],
    ["a pipe", 0o010666],
    ["a folder that is named like a file", 0o040755],
  ])("%s is refused", async (_, mode) => {
    const central = { attributes: mode * 2 ** 16 };

    await expect(read(zipArchive([{ ...good, central }]))).rejects.toMatchObject(
      refusal("ZIP_INVALID", /special file/),
    );
  });
});

describe("what cannot be read is refused as what it is:", () => {
  test("an encrypted member", async () => {
    const archive = zipArchive([
      { ...good, ...alsoLocally({ flags: 1, compressedSize: content.length + 12 }) },
    ]);

    await expect(read(archive)).rejects.toMatchObject(refusal("UNSUPPORTED", /encrypted/));
  });

  test("a strongly encrypted member", async () => {
    const archive = zipArchive([{ ...good, ...alsoLocally({ flags: 0x41 }) }]);

    await expect(read(archive)).rejects.toMatchObject(refusal("ZIP_INVALID", /strong encryption/));
  });

  test.each([1, 9, 12, 14, 93, 99])("a member of compression method %i", async (method) => {
    const archive = zipArchive([{ ...good, ...alsoLocally({ method }) }]);

    await expect(read(archive)).rejects.toMatchObject(
      refusal("UNSUPPORTED", new RegExp(`method ${method}`)),
    );
  });

  test("a stored member with two sizes", async () => {
    const archive = zipArchive([{ ...good, ...alsoLocally({ size: 5 }) }]);

    await expect(read(archive)).rejects.toMatchObject(refusal("ZIP_INVALID", /damaged/));
  });

  test.each([
    ["nothing", Buffer.alloc(0)],
    ["text", Buffer.from("this is not an archive at all")],
    ["zeros", Buffer.alloc(100_000)],
    ["an end record alone that counts a member", zipArchive([], { count: 1 })],
  ])("%s", async (_, archive) => {
    await expect(read(archive)).rejects.toMatchObject(refusal("ZIP_INVALID", /damaged/));
  });
});

describe("numbers from the archive are capped:", () => {
  test("more members than any model has, before a record of them is read", async () => {
    const archive = zipArchive([good], { count: limits.zipMembers.max + 1 });
    const source = observedSource(memorySource("archive", archive));

    const reading = readZip(source);

    await expect(reading).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: expect.stringContaining("zipMembers"),
    });
    expect(source.reads).toHaveLength(1);
  });

  test("a name longer than any file system takes", async () => {
    const archive = zipArchive([{ name: "n".repeat(limits.nameBytes.max + 1), content }]);

    await expect(read(archive)).rejects.toMatchObject(refusal("LIMIT_EXCEEDED", /nameBytes/));
  });
});
