import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryRange } from "#shared/bytes/memory-source.ts";
import { wholeRange } from "#shared/bytes/range-source.ts";
import type { ErrorCode } from "#shared/errors.ts";
import type { PackedDataset, PackedFile } from "#shared/hdf5/packed.ts";
import { readHdf5 } from "#shared/hdf5/read.ts";
import type { UnpackedDataset, UnpackJob, UnpackResult } from "#shared/hdf5/unpack-job.ts";
import { unpackWithH5wasm } from "#shared/hdf5/unpack-with-h5wasm.ts";
import { unpackInto } from "#shared/hdf5/unpack.ts";
import { OpenFiles } from "#shared/stores/open-files.ts";
import { refusal } from "../support/hdf5-files.ts";
import { libhdf5File } from "../support/hdf5-raw.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();
const path = fileURLToPath(new URL("packed/filters.h5", import.meta.url));
const content = readFileSync(path);
const files = new OpenFiles();
afterAll(() => files.close());
let file: PackedFile;
let job: UnpackJob;

beforeAll(async () => {
  await readHdf5(memoryRange(path, content), (found) => {
    file = found;
    return Promise.resolve(
      found.datasets.map(({ length }) => memoryRange("none", new Uint8Array(length))),
    );
  });
  let size = 0;
  const datasets = file.datasets.map(({ datatype, length, ...packed }): UnpackedDataset => {
    size += length;
    return { ...packed, elementSize: datatype.size, offset: size - length };
  });
  const target = join(folder, "target");
  writeFileSync(target, new Uint8Array(size));
  job = { path, target, datasets, datasetCount: file.datasetCount, memory: 96 * 1024 * 1024 };
});

/** The job of one dataset that is otherwise than the walk has seen it. */
function with1(name: string, otherwise: Partial<UnpackedDataset>): UnpackJob {
  const dataset = job.datasets.find((candidate) => candidate.path === `/${name}`)!;
  return { ...job, datasets: [{ ...dataset, ...otherwise }] };
}

test("h5wasm unpacks to the same bytes in this thread as in its own", async () => {
  await unpackWithH5wasm(job);

  const unpacked = await unpackInto(files)({ ...file, range: wholeRange(await files.open(path)) });
  const here = readFileSync(job.target);
  for (const [index, { source, offset, length }] of unpacked.entries()) {
    const start = job.datasets[index]!.offset;
    const there = await source.read(offset, length);
    expect(Buffer.compare(there, here.subarray(start, start + length))).toBe(0);
  }
});

describe("what libhdf5 sees otherwise than we do is refused, not read:", () => {
  test.each<[string, () => UnpackJob, ErrorCode, RegExp]>([
    [
      "another shape",
      () => with1("gzip", { shape: [36, 11] }),
      "HDF5_INVALID",
      /^\/gz.*sees shape \[37, 11\], not \[36, 11\]/,
    ],
    [
      "other elements",
      () => with1("gzip", { elementSize: 8 }),
      "HDF5_INVALID",
      /an element 4, not 8/,
    ],
    [
      "other chunks",
      () => with1("gzip", { chunk: [8, 6] }),
      "HDF5_INVALID",
      /chunks \[8, 5\], not \[8, 6\]/,
    ],
    [
      "more datasets",
      () => ({ ...job, datasetCount: 3 }),
      "HDF5_INVALID",
      /sees datasets 12, not 3/,
    ],
    [
      "no such dataset",
      () => with1("gzip", { path: "/nowhere" }),
      "HDF5_INVALID",
      /unpacked \(gzip\): /,
    ],
    [
      "no HDF5 file",
      () => ({ ...job, path: fileURLToPath(import.meta.url) }),
      "HDF5_INVALID",
      /H5F|does not open/,
    ],
  ])("%s", async (_, changed, code, words) => {
    await expect(unpackWithH5wasm(changed())).rejects.toMatchObject(refusal(code, words));
  });
});

describe("chunks shorter than their filters need are refused before libhdf5 reads on behind them:", () => {
  const cut = (name: string, size: number): UnpackJob => {
    const dataset = job.datasets.find((candidate) => candidate.path === `/${name}`)!;
    const sizes = dataset.chunks.sizes.map(() => size);
    return with1(name, { chunks: { ...dataset.chunks, sizes } });
  };
  const told = (name: string, elements: number): UnpackJob => {
    const { filters } = job.datasets.find((candidate) => candidate.path === `/${name}`)!;
    const parameters = filters[0]!.parameters.map((value, at) => (at === 2 ? elements : value));
    return with1(name, { filters: [{ ...filters[0]!, parameters }] });
  };

  test.each<[string, () => UnpackJob, RegExp]>([
    [
      "fletcher32 without checksum",
      () => cut("fletcher32", 3),
      /3 bytes are shorter than a checks/,
    ],
    ["fletcher32 of part", () => cut("fletcher32", 100), /chunk 0 unpacks to 96 bytes, not to 160/],
    ["scaleoffset without head", () => cut("scaleoffset integer", 20), /shorter than their head/],
    [
      "scaleoffset of part",
      () => cut("scaleoffset integer", 40),
      /76 bytes are needed, 40 are there/,
    ],
    [
      "scaleoffset of fewer elements",
      () => told("scaleoffset integer", 39),
      /to 156 bytes, not to 160/,
    ],
    ["nbit of part", () => cut("nbit of ten bits", 49), /50 bytes are needed, 49 are there/],
    ["nbit of fewer elements", () => told("nbit of ten bits", 39), /to 78 bytes, not to 80/],
  ])("%s", async (_, changed, words) => {
    await expect(unpackWithH5wasm(changed())).rejects.toMatchObject(refusal("HDF5_INVALID", words));
  });
});

test("h5wasm gets no more memory than it is given", async () => {
  const count = 6 * 1024 * 1024;
  const large = join(folder, "libhdf5.h5");
  await libhdf5File(folder, (writer) => {
    const data = new Float32Array(count);
    writer.create_dataset({ name: "k", data, shape: [count], chunks: [count] });
  });
  let found: PackedFile | undefined;
  await readHdf5(wholeRange(await files.open(large)), (packed) => {
    found = packed;
    return Promise.resolve([memoryRange("none", new Uint8Array())]);
  });
  const [{ datatype, ...dataset }] = found!.datasets as [PackedDataset];
  const datasets = [{ ...dataset, elementSize: datatype.size, offset: 0 }];
  const ownThread = (memory: number): Promise<UnpackResult> => {
    const workerData = { ...job, path: large, datasets, datasetCount: 1, memory };
    const worker = new URL("../../shared/hdf5/unpack-worker.ts", import.meta.url);
    return new Promise((resolve) => {
      new Worker(worker, { workerData, execArgv: [] }).once("message", resolve);
    });
  };

  expect(await ownThread(24 * 1024 * 1024)).toMatchObject({
    code: "LIMIT_EXCEEDED",
    message: expect.stringMatching(/^\/k: unpacking takes more memory/) as string,
  });
  expect(await ownThread(96 * 1024 * 1024)).toEqual({ done: true });
});

test("unpacking that takes too long is stopped, and nothing of it is left", async () => {
  const own = new OpenFiles();
  const before = readdirSync(tmpdir());
  const unpack = unpackInto(own, () => 1);

  await expect(readHdf5(memoryRange(path, content), unpack)).rejects.toMatchObject(
    refusal("LIMIT_EXCEEDED", /unpacking took more than/),
  );

  await own.close();
  const left = readdirSync(tmpdir()).filter((name) => !before.includes(name));
  expect(
    left.filter((name) => name.startsWith("cleave-") && !name.startsWith("cleave-test")),
  ).toEqual([]);
});
