import { open, rm, truncate } from "node:fs/promises";
import { chunksOf } from "../bytes/chunks.ts";
import type { ByteRange } from "../bytes/source.ts";
import { CleaveError } from "../errors.ts";
import type { OpenFiles } from "../stores/open-files.ts";
import type { PackedDataset, PackedFile, Unpack } from "./packed.ts";
import type { UnpackedDataset, UnpackJob, UnpackResult } from "./unpack-job.ts";

export type { Unpack };

const MiB = 1024 * 1024;

/** h5wasm itself takes 20 MiB, a slice of values 16, libhdf5's caches some. */
const baseMemory = 96 * MiB;
/** A chunk is in memory as stored, unpacked, in a buffer that doubles, and in a slice. */
const chunkCopies = 5;
/** The JavaScript around h5wasm. */
const resourceLimits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 32 };

/** As long as any damaged file takes, and what a slow machine needs for each byte. */
function allowedMilliseconds(bytes: number): number {
  return 60_000 + bytes / 20_000;
}

/** Set by cli/build.ts: where the worker stands from the bundle that this is in. */
declare const UNPACK_WORKER: string | undefined;
const worker =
  typeof UNPACK_WORKER === "undefined"
    ? new URL("./unpack-worker.ts", import.meta.url)
    : new URL(UNPACK_WORKER, import.meta.url);

/**
 * Unpacks datasets into a temporary file with h5wasm, in a thread of its own that is limited in
 * memory and time. A file that is no whole file on disk is copied to one before.
 *
 * @param files keeps the temporary file until it is closed
 * @param allowed milliseconds for so many bytes, which are read and written
 * @throws CleaveError `HDF5_INVALID` naming the dataset; `LIMIT_EXCEEDED`
 */
export function unpackInto(files: OpenFiles, allowed = allowedMilliseconds): Unpack {
  return async ({ range, datasets, datasetCount }) => {
    const isOnDisk = isWholeFile(range);
    const path = isOnDisk ? range.source.name : await files.temporaryPath();
    const target = await files.temporaryPath();
    const { placed, size } = place(datasets);
    const memory = baseMemory + chunkCopies * Math.max(...datasets.map((d) => d.chunkBytes));
    try {
      if (!isOnDisk) await copyTo(range, path);
      await reserve(target, size);
      await runWorker(
        { path, target, datasets: placed, datasetCount, memory },
        allowed(range.length + size),
      );
    } finally {
      if (!isOnDisk) await rm(path, { force: true });
    }
    const source = await files.open(target);
    return placed.map(({ offset }, index) => ({ source, offset, length: datasets[index]!.length }));
  };
}

/** A range of a file on disk that is all of it; only stored files have something to close. */
function isWholeFile({ source, offset, length }: ByteRange): boolean {
  return !source.isRemote && "close" in source && offset === 0 && length === source.size;
}

function place(datasets: PackedFile["datasets"]): { placed: UnpackedDataset[]; size: number } {
  let size = 0;
  const placed = datasets.map((dataset: PackedDataset): UnpackedDataset => {
    const { datatype, length, ...packed } = dataset;
    const offset = size;
    size += length;
    return { ...packed, elementSize: datatype.size, offset };
  });
  return { placed, size };
}

/** A file that is as long as it will be, all zeros. */
async function reserve(path: string, size: number): Promise<void> {
  await (await open(path, "wx", 0o600)).close();
  await truncate(path, size);
}

async function copyTo(range: ByteRange, path: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    for await (const bytes of chunksOf(range)) {
      for (let done = 0; done < bytes.length;) {
        done += (await file.write(bytes, done)).bytesWritten;
      }
    }
  } finally {
    await file.close();
  }
}

async function runWorker(job: UnpackJob, milliseconds: number): Promise<void> {
  const { Worker } = await import("node:worker_threads");
  const thread = new Worker(worker, { workerData: job, execArgv: [], resourceLimits });
  const result = await new Promise<UnpackResult>((resolve) => {
    const fail = (code: "LIMIT_EXCEEDED" | "HDF5_INVALID", message: string): void =>
      resolve({ done: false, code, message });
    const timer = setTimeout(() => {
      const seconds = Math.round(milliseconds / 1000);
      fail("LIMIT_EXCEEDED", `HDF5: unpacking took more than ${seconds} s; the file is hostile.`);
    }, milliseconds);
    thread.once("message", resolve);
    thread.once("error", ({ message, code }: NodeJS.ErrnoException) => {
      if (code === "ERR_WORKER_OUT_OF_MEMORY") fail("LIMIT_EXCEEDED", `HDF5: ${message}.`);
      else fail("HDF5_INVALID", `HDF5: libhdf5 failed: ${message}. The file is damaged.`);
    });
    thread.once("exit", () => {
      clearTimeout(timer);
      fail("HDF5_INVALID", "HDF5: libhdf5 ended without a word. The file is damaged.");
    });
  });
  await thread.terminate();
  if (!result.done) throw new CleaveError(result.code, result.message, { rule: result.rule });
}
