import { spawnSync } from "node:child_process";
import { closeSync, existsSync, fstatSync, openSync, readdirSync } from "node:fs";
import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { beforeEach, describe, expect, test } from "vitest";
import { layout, type Layout } from "#shared/bytes/layout.ts";
import { memoryRange } from "#shared/bytes/memory-source.ts";
import type { CleaveError } from "#shared/errors.ts";
import { writeFile } from "#shared/stores/file-system/write-file.ts";
import { brokenSource, patternedBytes } from "../../support/sources.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const MiB = 1024 * 1024;
const root = temporaryFolder();
const bytes = patternedBytes(3 * MiB);
const model = layout([memoryRange("model", bytes)]);
const failing = layout([{ source: brokenSource(4 * MiB, 3 * MiB), offset: 0, length: 4 * MiB }]);
/** Of a process that has ended. */
const deadPid = spawnSync(process.execPath, ["--version"]).pid;

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(root, "case-"));
  path = join(folder, "model.keras");
});

function write(content: Layout, overwrite = false): Promise<unknown> {
  return writeFile(path, content, { overwrite });
}

function outOfRange(): never {
  throw new RangeError("no such field");
}

describe("the file", () => {
  test("holds the layout, alone in its folder", async () => {
    const moved = await writeFile(path, model, { overwrite: false, digest: true });

    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(readdirSync(folder)).toEqual(["model.keras"]);
    expect(moved.size).toBe(bytes.length);
    expect(moved.crc32).toBe(crc32(bytes));
  });

  test("does not appear under its name before it is whole", async () => {
    const seen: boolean[] = [];

    await writeFile(path, model, {
      overwrite: false,
      onProgress: () => seen.push(existsSync(path)),
    });

    expect(seen.length).toBeGreaterThan(1);
    expect(seen).not.toContain(true);
    expect(existsSync(path)).toBe(true);
  });

  test("gets the folders it needs", async () => {
    path = join(folder, "a", "b", "model.keras");

    await write(model);

    expect(statSync(path).size).toBe(bytes.length);
  });
});

describe("an existing file", () => {
  test("is refused and kept as it is without overwrite, nothing is written beside it", async () => {
    writeFileSync(path, "mine");

    const writing = write(model);

    await expect(writing).rejects.toMatchObject({
      code: "TARGET_EXISTS",
      message: expect.stringContaining("model.keras"),
    });
    expect(readFileSync(path, "utf8")).toBe("mine");
    expect(readdirSync(folder)).toEqual(["model.keras"]);
  });

  test("that appears while the new one is written is not replaced", async () => {
    const writing = writeFile(path, model, {
      overwrite: false,
      onProgress: () => writeFileSync(path, "somebody else's"),
    });

    await expect(writing).rejects.toMatchObject({ code: "TARGET_EXISTS" });
    expect(readFileSync(path, "utf8")).toBe("somebody else's");
    expect(readdirSync(folder)).toEqual(["model.keras"]);
  });

  test("is replaced with overwrite, in one step: readers see the old or the new one", async () => {
    writeFileSync(path, "old");
    const reader = openSync(path, "r");
    const seen = new Set<string>();

    await writeFile(path, model, {
      overwrite: true,
      onProgress: () => seen.add(readFileSync(path, "utf8")),
    });

    expect([...seen]).toEqual(["old"]);
    expect(fstatSync(reader).size).toBe(3);
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(readdirSync(folder)).toEqual(["model.keras"]);
    closeSync(reader);
  });

  test("is kept with overwrite, too, when the new one cannot be made", async () => {
    writeFileSync(path, "old");

    const writing = write(failing, true);

    await expect(writing).rejects.toMatchObject({ code: "IO" });
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["model.keras"]);
  });

  test("that is a folder is neither replaced nor filled", async () => {
    mkdirSync(path);

    await expect(write(model)).rejects.toMatchObject({ code: "TARGET_EXISTS" });
    await expect(write(model, true)).rejects.toMatchObject({ code: "IO" });

    expect(readdirSync(folder)).toEqual(["model.keras"]);
    expect(readdirSync(path)).toEqual([]);
  });
});

describe("a failure leaves nothing", () => {
  test("where the source cannot be read, and the message says what was written and why", async () => {
    const writing = write(failing);

    await expect(writing).rejects.toMatchObject({
      code: "IO",
      message: expect.stringMatching(/model\.keras.*the disk is broken/),
      cause: expect.objectContaining({ message: "the disk is broken" }),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  test("where a deferred segment cannot be made", async () => {
    const writing = write(layout([bytes, { length: 4, spans: [], make: outOfRange }]));

    await expect(writing).rejects.toMatchObject({ code: "IO" });
    expect(readdirSync(folder)).toEqual([]);
  });

  test("of the folders that were made for it either", async () => {
    path = join(folder, "a", "b", "model.keras");

    const writing = write(failing);

    await expect(writing).rejects.toMatchObject({ code: "IO" });
    expect(readdirSync(folder)).toEqual([]);
  });

  test("where it was aborted in the middle, and the reason is the caller's", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const seen: string[] = [];

    const writing = writeFile(path, model, {
      overwrite: false,
      signal: controller.signal,
      onProgress: () => {
        seen.push(...readdirSync(folder));
        controller.abort(reason);
      },
    });

    await expect(writing).rejects.toBe(reason);
    expect(seen).toContain(`.model.keras.${process.pid}.partial`);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("where it was aborted before it began", async () => {
    const signal = AbortSignal.abort();

    const writing = writeFile(path, layout([bytes.subarray(0, 10)]), { overwrite: false, signal });

    await expect(writing).rejects.toMatchObject({ name: "AbortError" });
    expect(readdirSync(folder)).toEqual([]);
  });

  test("where its folder would have to stand below a file", async () => {
    writeFileSync(join(folder, "file"), "mine");
    path = join(folder, "file", "model.keras");

    const writing = write(model);

    await expect(writing).rejects.toMatchObject({
      code: "IO",
      message: expect.stringMatching(/Cannot make the folder .*file/),
    });
    expect(readdirSync(folder)).toEqual(["file"]);
  });
});

describe("what a killed run left", () => {
  test("is removed by the next run that writes the same file", async () => {
    writeFileSync(join(folder, `.model.keras.${deadPid}.partial`), "half");

    await write(model);

    expect(readdirSync(folder)).toEqual(["model.keras"]);
  });

  test("is told from what a running process, other files and people have there", async () => {
    const kept = [
      `.model.keras.${process.ppid}.partial`,
      `.model.keras.${deadPid}.backup`,
      ".model.keras.mine.partial",
      `.other.keras.${deadPid}.partial`,
      `model.keras.${deadPid}.partial`,
    ];
    for (const name of kept) writeFileSync(join(folder, name), "kept");

    await write(model);

    expect(readdirSync(folder)).toEqual([...kept, "model.keras"].toSorted());
  });

  test("does not stand in the way of a run with the same process id, as in containers", async () => {
    writeFileSync(join(folder, `.model.keras.${process.pid}.partial`), "half");

    await write(model);

    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(readdirSync(folder)).toEqual(["model.keras"]);
  });
});

test("two writes of one file at the same time do not mix or lose their bytes", async () => {
  const otherBytes = Buffer.alloc(3 * MiB, 7);
  const other = layout([memoryRange("other", otherBytes)]);

  const results = await Promise.allSettled([write(model, true), write(other, true)]);

  const written = readFileSync(path);
  const refusals = results.filter((result) => result.status === "rejected");
  expect(refusals.length).toBeLessThan(2);
  expect(refusals.every(({ reason }) => (reason as CleaveError).code === "IO")).toBe(true);
  expect(written.equals(bytes) || written.equals(otherBytes)).toBe(true);
  expect(readdirSync(folder)).toEqual(["model.keras"]);
});
