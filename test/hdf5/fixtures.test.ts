import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { layOutHdf5 } from "#shared/hdf5/lay-out.ts";
import { fixture, fixturesFolder } from "../support/fixtures.ts";
import { hdf5Within, layoutBytes, readBytes } from "../support/hdf5-files.ts";
import { seenByLibhdf5, seenByUs } from "../support/hdf5-judge.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();
const names = readdirSync(fixturesFolder, { recursive: true, encoding: "utf8" }).toSorted();

function onDisk(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe.each(names.filter((name) => /\.(h5|keras)$/.test(name)))("%s", (name) => {
  test("is read as libhdf5 reads it, written as libhdf5 reads it, and stays the same", async () => {
    const original = await hdf5Within(name, readFileSync(fixture(name)));
    const seen = await seenByLibhdf5(onDisk("original.h5", original));

    const tree = await readBytes(original);
    const written = await layoutBytes(layOutHdf5(tree));
    const treeOfWritten = await readBytes(written);

    expect(seen.length).toBeGreaterThan(1);
    expect(await seenByUs(tree)).toEqual(seen);
    expect(await seenByLibhdf5(onDisk("written.h5", written))).toEqual(seen);
    expect(await seenByUs(treeOfWritten)).toEqual(seen);
    expect(Buffer.compare(await layoutBytes(layOutHdf5(treeOfWritten)), written)).toBe(0);
  });
});
