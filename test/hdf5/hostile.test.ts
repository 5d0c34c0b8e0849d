import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { memoryRange, memorySource } from "#shared/bytes/memory-source.ts";
import type { ErrorCode } from "#shared/errors.ts";
import { layOutHdf5 } from "#shared/hdf5/lay-out.ts";
import { readHdf5 } from "#shared/hdf5/read.ts";
import { unpackInto } from "#shared/hdf5/unpack.ts";
import { readModel } from "#shared/keras/read-model.ts";
import { OpenFiles } from "#shared/stores/open-files.ts";
import { hdf5Within, layoutBytes, refusal } from "../support/hdf5-files.ts";
import { namesInOrder } from "./in-little-endian.ts";
import { seenByLibhdf5, seenByUs } from "../support/hdf5-judge.ts";
import { temporaryFolder } from "../support/temporary.ts";

/** Files made to mislead, damaged files, and unusual files that are right. */
interface HostileFile {
  readonly file: string;
  readonly what: string;
  /** Null where the file is right and must be read whole. */
  readonly code: ErrorCode | null;
  /** Words of which a good message has one at least. */
  readonly mentions: readonly string[];
}

const hostileFolder = fileURLToPath(new URL("../hostile", import.meta.url));
const cases = JSON.parse(
  readFileSync(join(hostileFolder, "cases.json"), "utf8"),
) as readonly HostileFile[];
const folder = temporaryFolder();
const files = new OpenFiles();
afterAll(() => files.close());

describe("is refused with a message that says why:", () => {
  const refused = cases.filter(({ code }) => code !== null);

  test.each(refused)("$file: $what", async ({ file, code, mentions }) => {
    const source = memorySource("model", readFileSync(join(hostileFolder, file)));
    const words = mentions.map((word) => word.replaceAll(".", "\\.")).join("|");

    await expect(readModel(source, files)).rejects.toMatchObject(
      refusal(code!, new RegExp(words, "i")),
    );
  });
});

describe("is unusual and right, is read and written as libhdf5 sees it:", () => {
  const right = cases.filter(({ code }) => code === null);

  test.each(right)("$file: $what", async ({ file }) => {
    const content = readFileSync(join(hostileFolder, file));
    await readModel(memorySource(file, content), files);
    const bytes = await hdf5Within(file, content);
    const original = join(folder, "original.h5");
    writeFileSync(original, bytes);
    const seen = namesInOrder(await seenByLibhdf5(original));

    const tree = await readHdf5(memoryRange(file, bytes), unpackInto(files));
    const written = join(folder, "written.h5");
    writeFileSync(written, await layoutBytes(layOutHdf5(tree)));

    expect(await seenByUs(tree)).toEqual(seen);
    expect(await seenByLibhdf5(written)).toEqual(seen);
  });
});
