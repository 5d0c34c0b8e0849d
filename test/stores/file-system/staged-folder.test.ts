import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, test } from "vitest";
import { layout, type Layout } from "#shared/bytes/layout.ts";
import { StagedFolder, stagingFolder } from "#shared/stores/file-system/staged-folder.ts";
import type { FolderPlan } from "#shared/stores/store.ts";
import { brokenSource } from "../../support/sources.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const root = temporaryFolder();
const failing = layout([{ source: brokenSource(100, 50), offset: 0, length: 100 }]);

let parent: string;
let out: string;
beforeEach(() => {
  parent = mkdtempSync(join(root, "case-"));
  out = join(parent, "out");
});

function begin(folder: string, plan: Partial<FolderPlan> = {}): Promise<StagedFolder> {
  const names = ["architecture.json", "model.weights.h5", "assets/vocabulary.txt"];
  return StagedFolder.begin(folder, {
    manifest: { name: "manifest.json" },
    names,
    earlier: [],
    overwrite: false,
    ...plan,
  });
}

function text(content: string): Layout {
  return layout([Buffer.from(content)]);
}

/** Every file and folder below, with what the files hold. */
function tree(folder: string): Record<string, string | null> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(folder.length + 1).replaceAll("\\", "/");
      return [name, entry.isFile() ? readFileSync(path, "utf8") : null];
    }),
  );
}

async function finishedSplit(content: string): Promise<void> {
  const folder = await begin(out);
  await folder.write("architecture.json", text(content), {});
  await folder.write("assets/vocabulary.txt", text(content), {});
  await folder.finish(`manifest of ${content}`);
}

describe("a split that succeeds", () => {
  test("leaves its artifacts and the manifest, and nothing of how they came there", async () => {
    await finishedSplit("first");

    expect(tree(out)).toEqual({
      "architecture.json": "first",
      assets: null,
      "assets/vocabulary.txt": "first",
      "manifest.json": "manifest of first",
    });
  });

  test("is staged until its manifest is there", async () => {
    const folder = await begin(out);
    const begun = tree(out);
    const moved = await folder.write("architecture.json", text("a"), {});
    const between = tree(out);
    await folder.finish("m");

    expect(begun).toEqual({ [stagingFolder]: null });
    expect(between).toEqual({
      [stagingFolder]: null,
      [`${stagingFolder}/architecture.json`]: "a",
    });
    expect(tree(out)).toEqual({ "architecture.json": "a", "manifest.json": "m" });
    expect(moved.size).toBe(1);
  });

  test("passes digests, progress and abort on to the writing of each artifact", async () => {
    const folder = await begin(out);
    const source = { name: "m", size: 3, read: () => Promise.resolve(Buffer.from("abc")) };
    let done = 0;

    const moved = await folder.write("a", layout([{ source, offset: 0, length: 3 }]), {
      digest: true,
      onProgress: (bytes) => {
        done += bytes;
      },
    });
    const aborted = folder.write("b", text("b"), { signal: AbortSignal.abort() });

    await expect(aborted).rejects.toMatchObject({ name: "AbortError" });
    expect([...moved.digests.values()]).toEqual([
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    ]);
    expect(done).toBe(3);
  });
});

describe("a finished split", () => {
  test("is refused and kept whole without overwrite", async () => {
    await finishedSplit("first");
    const before = tree(out);

    const beginning = begin(out);

    await expect(beginning).rejects.toMatchObject({
      code: "TARGET_EXISTS",
      message: expect.stringContaining("--force"),
    });
    expect(tree(out)).toEqual(before);
  });

  test("is replaced with overwrite: none of its artifacts is left beside the new ones", async () => {
    await finishedSplit("first");

    const earlier = ["architecture.json", "assets/vocabulary.txt"];
    const folder = await begin(out, { overwrite: true, earlier });
    await folder.write("architecture.json", text("second"), {});
    const staged = tree(out);
    await folder.finish("manifest of second");

    expect(staged).toMatchObject({
      "architecture.json": "first",
      "manifest.json": "manifest of first",
    });
    expect(tree(out)).toMatchObject({
      "architecture.json": "second",
      "manifest.json": "manifest of second",
    });
    expect(tree(out)).not.toHaveProperty(["assets/vocabulary.txt"]);
  });
});

describe("a run that was killed", () => {
  const script = fileURLToPath(new URL("../../support/killed-split.ts", import.meta.url));

  test("leaves the staging folder alone, and the next run completes the folder", async () => {
    const killed = spawnSync(process.execPath, [script, out], { encoding: "utf8" });
    const left = Object.keys(tree(out)).toSorted();
    const folder = await begin(out);
    await folder.write("architecture.json", text("a"), {});
    await folder.write("model.weights.h5", text("w"), {});
    await folder.finish("m");

    expect([killed.signal, killed.stderr]).toEqual(["SIGKILL", ""]);
    expect(left).toEqual([
      stagingFolder,
      `${stagingFolder}/.model.weights.h5.${killed.pid}.partial`,
      `${stagingFolder}/architecture.json`,
    ]);
    expect(tree(out)).toEqual({
      "architecture.json": "a",
      "model.weights.h5": "w",
      "manifest.json": "m",
    });
  });

  test("can still be completed after a second run that failed", async () => {
    const killed = await begin(out);
    await killed.write("architecture.json", text("left"), {});
    await killed.write("model.weights.h5", text("left"), {});
    const second = await begin(out);
    await second.write("architecture.json", text("a"), {});
    await second.abandon();

    const third = await begin(out);
    await third.write("architecture.json", text("a"), {});
    await third.write("model.weights.h5", text("w"), {});
    await third.finish("m");

    expect(tree(out)).toEqual({
      "architecture.json": "a",
      "model.weights.h5": "w",
      "manifest.json": "m",
    });
  });
});

describe("abandoning leaves no trace", () => {
  test("of artifacts, nor of the folders above the split's own", async () => {
    const folder = await begin(join(out, "models", "first"));
    await folder.write("architecture.json", text("a"), {});

    await folder.abandon();

    expect(tree(parent)).toEqual({});
  });

  test("of assets at any depth", async () => {
    const folder = await begin(out);
    await folder.write("assets/text/left/vocabulary.txt", text("v"), {});
    await folder.write("assets/text/vocabulary.txt", text("v"), {});

    await folder.abandon();

    expect(tree(parent)).toEqual({});
  });

  test("of an artifact that could not be written", async () => {
    const folder = await begin(out);
    const writing = folder.write("assets/text/vocabulary.txt", failing, {});
    await expect(writing).rejects.toMatchObject({ code: "IO" });

    await folder.abandon();

    expect(tree(parent)).toEqual({});
  });

  test("in a folder that was there before, nor of that folder's own files", async () => {
    mkdirSync(join(out, "assets"), { recursive: true });
    writeFileSync(join(out, "notes.txt"), "mine");
    const before = tree(parent);
    const folder = await begin(out);
    await folder.write("architecture.json", text("a"), {});
    await folder.write("assets/vocabulary.txt", text("v"), {});

    await folder.abandon();

    expect(tree(parent)).toEqual(before);
  });

  test("in an empty folder that was there before", async () => {
    mkdirSync(out);
    const folder = await begin(out);

    await folder.abandon();

    expect(tree(parent)).toEqual({ out: null });
  });
});

describe("files of somebody else", () => {
  test("that have an artifact's name are refused and kept", async () => {
    mkdirSync(out);
    writeFileSync(join(out, "architecture.json"), "mine");

    const beginning = begin(out);

    await expect(beginning).rejects.toMatchObject({ code: "TARGET_EXISTS" });
    expect(tree(out)).toEqual({ "architecture.json": "mine" });
  });

  test("that have an artifact's name are replaced with overwrite, others never", async () => {
    mkdirSync(out);
    writeFileSync(join(out, "architecture.json"), "mine");
    writeFileSync(join(out, "notes.txt"), "mine");
    const folder = await begin(out, { overwrite: true });
    await folder.write("architecture.json", text("a"), {});
    await folder.finish("m");

    expect(tree(out)).toEqual({
      "architecture.json": "a",
      "notes.txt": "mine",
      "manifest.json": "m",
    });
  });
});

test("an asset whose folder would have to replace a file is refused with the folder's name", async () => {
  mkdirSync(out);
  writeFileSync(join(out, "assets"), "mine");
  const folder = await begin(out);

  await folder.write("assets/vocabulary.txt", text("v"), {});
  const finishing = folder.finish("m");

  await expect(finishing).rejects.toMatchObject({
    code: "IO",
    message: expect.stringContaining("assets"),
  });
  await folder.abandon();
  expect(tree(out)).toEqual({ assets: "mine" });
});

test("an earlier split stays whole where its replacement is abandoned", async () => {
  await finishedSplit("first");
  const before = tree(out);
  const folder = await begin(out, { overwrite: true, earlier: ["architecture.json"] });
  await folder.write("architecture.json", text("second"), {});

  await folder.abandon();

  expect(tree(out)).toEqual(before);
});

test("a folder that cannot be made is refused with its name", async () => {
  writeFileSync(out, "a file");

  const beginning = begin(join(out, "models"));

  await expect(beginning).rejects.toMatchObject({
    code: "IO",
    message: expect.stringMatching(/Cannot .*models/),
  });
  expect(existsSync(join(out, "models"))).toBe(false);
});
