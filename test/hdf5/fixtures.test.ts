import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { memorySource } from "#shared/bytes/memory-source.ts";
import { layOutHdf5 } from "#shared/hdf5/lay-out.ts";
import { readZip } from "#shared/zip/read.ts";
import { fixture, fixturesFolder } from "../support/fixtures.ts";
import { layoutBytes, readBytes } from "../support/hdf5-files.ts";
import { rangeBytes, seenByLibhdf5, seenByUs } from "../support/hdf5-judge.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();
const names = readdirSync(fixturesFolder, { recursive: true, encoding: "utf8" }).toSorted();

function onDisk(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** The HDF5 file that a fixture is or holds. */
async function hdf5Bytes(name: string): Promise<Uint8Array> {
  const bytes = readFileSync(fixture(name));
  if (bytes.subarray(1, 4).toString("latin1") === "HDF") return bytes;
  const members = await readZip(memorySource(name, bytes));
  return rangeBytes(members.get("model.weights.h5")!.stored);
}

describe.each(names.filter((name) => /\.(h5|keras)$/.test(name)))("%s", (name) => {
  test("is read as libhdf5 reads it, written as libhdf5 reads it, and stays the same", async () => {
    const original = await hdf5Bytes(name);
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
