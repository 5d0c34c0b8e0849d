import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { openFile } from "#shared/stores/file-system/open-file.ts";
import { OpenFiles } from "#shared/stores/open-files.ts";
import { patternedBytes } from "../../support/sources.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const folder = temporaryFolder();
const bytes = patternedBytes(300_000);
const path = join(folder, "model.keras");
writeFileSync(path, bytes);

describe("openFile", async () => {
  const file = await openFile(path);
  afterAll(() => file.close());

  test("knows the file's size and its name as given", () => {
    expect([file.name, file.size]).toEqual([path, bytes.length]);
  });

  test("any reads at the same time, small and large, give the file's bytes", async () => {
    const read = fc
      .nat(bytes.length)
      .chain((offset) => fc.tuple(fc.constant(offset), fc.nat(bytes.length - offset)));
    await fc.assert(
      fc.asyncProperty(fc.array(read, { maxLength: 8 }), async (reads) => {
        const found = await Promise.all(reads.map(([offset, length]) => file.read(offset, length)));

        for (const [index, [offset, length]] of reads.entries()) {
          const expected = bytes.subarray(offset, offset + length);
          expect(Buffer.compare(found[index]!, expected)).toBe(0);
        }
      }),
    );
  });

  test.each([10, 200_000])(
    "a buffer given for %i bytes is filled, and no more of it",
    async (n) => {
      const into = new Uint8Array(n + 5).fill(7);

      const read = await file.read(100, n, into);

      expect(read.buffer).toBe(into.buffer);
      expect(Buffer.compare(read, bytes.subarray(100, 100 + n))).toBe(0);
      expect([...into.subarray(n)]).toEqual([7, 7, 7, 7, 7]);
    },
  );
});

test.each([10, 100_000])(
  "a file that became shorter is reported, not read as zeros (%i bytes)",
  async (length) => {
    const shrinking = join(folder, "shrinking.h5");
    writeFileSync(shrinking, bytes);
    const file = await openFile(shrinking);
    truncateSync(shrinking, length - 1);

    const reading = file.read(0, length);

    await expect(reading).rejects.toMatchObject({
      code: "IO",
      message: expect.stringContaining("shrinking.h5"),
    });
    await file.close();
  },
);

test("what is absent is refused with its name and the reason", async () => {
  const absent = openFile(join(folder, "absent.h5"));

  await expect(absent).rejects.toMatchObject({
    code: "NOT_FOUND",
    message: expect.stringMatching(/absent\.h5.*ENOENT/),
    cause: expect.any(Error),
  });
});

test("what is no file is refused with its name and the reason", async () => {
  mkdirSync(join(folder, "models"));

  const directory = openFile(join(folder, "models"));

  await expect(directory).rejects.toMatchObject({
    code: "IO",
    message: expect.stringMatching(/models.*not a file/),
  });
});

test("files opened together add up, and closing leaves none of them open", async () => {
  const files = new OpenFiles();
  const first = await files.open(path);
  const second = await files.open(path);

  const size = files.size;
  await files.close();

  expect(size).toBe(2 * bytes.length);
  await expect(first.read(0, bytes.length)).rejects.toMatchObject({ code: "EBADF" });
  await expect(second.read(0, bytes.length)).rejects.toMatchObject({ code: "EBADF" });
  expect(files.size).toBe(0);
});

test("a file that cannot be opened does not keep the others from being closed", async () => {
  const files = new OpenFiles();
  const first = await files.open(path);

  const second = files.open(join(folder, "absent.h5"));

  await expect(second).rejects.toMatchObject({ code: "NOT_FOUND" });
  await files.close();
  await expect(first.read(0, bytes.length)).rejects.toMatchObject({ code: "EBADF" });
});
