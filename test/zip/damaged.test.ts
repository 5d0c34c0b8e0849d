import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { layout } from "#shared/bytes/layout.ts";
import { memorySource } from "#shared/bytes/memory-source.ts";
import type { ByteSource } from "#shared/bytes/source.ts";
import { CleaveError } from "#shared/errors.ts";
import { layOutZip } from "#shared/zip/lay-out.ts";
import { readMember } from "#shared/zip/member.ts";
import { readZip } from "#shared/zip/read.ts";
import { plannedSource, zeroSource } from "../support/sources.ts";
import { yauzlMembers, zipArchive } from "../support/zip.ts";

const text = Buffer.from("text, text, text, text");
const archives: Readonly<Record<string, Buffer>> = {
  stored: zipArchive([
    { name: "config.json", content: text },
    { name: "assets/層.txt", content: Buffer.from("words") },
  ]),
  deflated: zipArchive([
    { name: "config.json", content: text, deflated: true },
    { name: "metadata.json", content: text, deflated: true },
  ]),
  streamed: zipArchive([
    { name: "config.json", content: text, deflated: true, descriptor: true },
    { name: "weights.h5", content: text, descriptor: true },
  ]),
  "with a folder and a comment": zipArchive(
    [
      { name: "assets/", central: { attributes: 0o040755 * 2 ** 16 } },
      { name: "a", content: text },
    ],
    { comment: Buffer.from("a comment") },
  ),
};
const cases = Object.entries(archives);

/** Every member with its bytes, or the refusal; anything else that is thrown is passed on. */
async function reading(source: ByteSource): Promise<string | CleaveError> {
  try {
    const members: string[] = [];
    for (const member of (await readZip(source)).values()) {
      members.push(`${member.name}: ${Buffer.from(await readMember(member)).toString("hex")}`);
    }
    return members.join("\n");
  } catch (error) {
    if (error instanceof CleaveError) return error;
    throw error;
  }
}

describe.each(cases)("an archive of %s members", (_, archive) => {
  test("that ends early is refused, wherever it ends", async () => {
    for (let length = 0; length < archive.length; length += 1) {
      const found = await reading(memorySource("archive", archive.subarray(0, length)));

      expect(found, `${length} bytes`).toMatchObject({ code: "ZIP_INVALID" });
    }
  });

  test("with any one bit turned is refused or gives the same members and bytes", async () => {
    const intact = await reading(memorySource("archive", archive));
    const different: number[] = [];
    for (let bit = 0; bit < archive.length * 8; bit += 1) {
      const damaged = Buffer.from(archive);
      damaged[bit >>> 3]! ^= 1 << (bit & 7);

      const found = await reading(memorySource("archive", damaged));

      if (!(found instanceof CleaveError) && found !== intact) different.push(bit);
    }

    expect(different).toEqual([]);
  });

  test("with any bytes put in, taken out or replaced is refused or read as yauzl reads it", async () => {
    const edit = fc.record({
      at: fc.nat(archive.length),
      removed: fc.nat(8),
      put: fc.oneof(
        fc.uint8Array({ maxLength: 8 }),
        fc.constantFrom("PK\x05\x06", "PK\x01\x02", "\xff\xff\xff\xff", "\0\0\0\0", "PK\x06\x07"),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
        const damaged = edits.reduce(
          (bytes, { at, removed, put }) =>
            Buffer.concat([
              bytes.subarray(0, at),
              typeof put === "string" ? Buffer.from(put, "latin1") : put,
              bytes.subarray(at + removed),
            ]),
          archive,
        );

        const found = await reading(memorySource("archive", damaged));

        if (found instanceof CleaveError) return;
        const theirs = [...(await yauzlMembers(damaged))].filter(([name]) => !name.endsWith("/"));
        expect(found).toBe(
          theirs.map(([name, bytes]) => `${name}: ${bytes.toString("hex")}`).join("\n"),
        );
      }),
      { numRuns: 100 },
    );
  });
});

test("an archive of more than 4 GiB that ends early is refused", async () => {
  const size = 2 ** 32;
  const planned = layOutZip([
    { name: "w", content: layout([{ source: zeroSource(size), offset: 0, length: size }]) },
  ]);
  const whole = plannedSource(planned, 0);
  for (let missing = 1; missing < 250; missing += 1) {
    const found = await reading({ ...whole, size: whole.size - missing });

    expect(found, `${missing} bytes missing`).toMatchObject({ code: "ZIP_INVALID" });
  }
});

test("a medium that fails while the archive is read is not taken for a damaged archive's end", async () => {
  const archive = archives["stored"]!;
  const failing: ByteSource = {
    ...memorySource("archive", archive),
    read: () => Promise.reject(new CleaveError("IO", "it became shorter while it was read")),
  };

  const found = await reading(failing);

  expect(found).toMatchObject({ code: "IO" });
});

test("random bytes are refused", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), async (bytes) => {
      const found = await reading(memorySource("archive", bytes));

      expect(found).toMatchObject({ code: "ZIP_INVALID" });
    }),
  );
});
