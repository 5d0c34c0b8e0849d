import { closeSync, openSync, writeSync } from "node:fs";
import type { File } from "h5wasm";
import type h5wasmNode from "h5wasm/node";
import { CleaveError } from "../errors.ts";
import { expectWholeChunks } from "./chunk-sizes.ts";
import { cannotUnpack } from "./cannot-unpack.ts";
import { runs, slices, type Slice } from "./slices.ts";
import type { UnpackedDataset, UnpackJob } from "./unpack-job.ts";
import { watchH5wasm, type Watch } from "./watch-h5wasm.ts";

/** Read at once: few reads, and little memory beside that of the largest chunk. */
const sliceBytes = 16 * 1024 * 1024;

/** libhdf5 takes about 2 KB for each chunk that is read at once. */
const sliceChunks = 1024;

type H5wasm = Awaited<typeof h5wasmNode.ready>;

/**
 * Unpacks datasets with h5wasm, which is libhdf5, into one file. Their raw bytes are taken as
 * libhdf5 gives them in little-endian order, never converted to numbers.
 *
 * @throws CleaveError `HDF5_INVALID` naming the dataset and libhdf5's own words;
 *   `LIMIT_EXCEEDED` where memory does not suffice
 */
export async function unpackWithH5wasm(job: UnpackJob): Promise<void> {
  const watch = watchH5wasm(job.memory);
  try {
    const { default: h5wasm } = await import("h5wasm/node");
    const module = await h5wasm.ready;
    const file = new h5wasm.File(job.path, "r");
    watched(watch, { where: "The HDF5 file", filters: [] }, () => {
      if (file.file_id < 0n) throw new Error("libhdf5 does not open it");
      expectSame("datasets", countDatasets(module, file), job.datasetCount);
    });
    const source = openSync(job.path, "r");
    const target = openSync(job.target, "r+");
    try {
      for (const dataset of job.datasets) {
        watched(watch, dataset, () => expectAsSeen(module, file, dataset));
        expectWholeChunks(source, dataset);
        unpackDataset(module, file, dataset, target, watch);
      }
    } finally {
      closeSync(source);
      closeSync(target);
    }
  } finally {
    watch.stop();
  }
}

function countDatasets(module: H5wasm, file: File): number {
  const kinds = file.paths().map((path) => module.get_type(file.file_id, `/${path}`));
  return kinds.filter((kind) => kind === module.H5G_DATASET).length;
}

/** h5wasm reads damaged headers as other ones; then what it reads from them is not the tensor. */
function expectAsSeen(module: H5wasm, file: File, dataset: UnpackedDataset): void {
  const { shape, size, chunks } = module.get_dataset_metadata(file.file_id, dataset.path);
  expectSame("shape", `[${shape?.join(", ")}]`, `[${dataset.shape.join(", ")}]`);
  expectSame("bytes an element", size, dataset.elementSize);
  expectSame("chunks", `[${chunks?.join(", ")}]`, `[${dataset.chunk.join(", ")}]`);
}

function expectSame<T>(what: string, theirs: T, ours: T): void {
  if (theirs !== ours) throw new Error(`libhdf5 sees ${what} ${theirs}, not ${ours}`);
}

function unpackDataset(
  module: H5wasm,
  file: File,
  dataset: UnpackedDataset,
  target: number,
  watch: Watch,
): void {
  const { shape, chunk, elementSize, where } = dataset;
  const boxes = [...slices(shape, chunk, elementSize, sliceBytes, sliceChunks)];
  const bytesOf = ({ count }: Slice): number => count.reduce((all, n) => all * n, elementSize);
  const room = Math.max(...boxes.map(bytesOf));
  const pointer = module._malloc(room);
  if (pointer === 0) throw new CleaveError("LIMIT_EXCEEDED", tooLittleMemory(where));
  for (const box of boxes) {
    watched(watch, dataset, () => {
      const status = module.get_dataset_data(
        file.file_id,
        dataset.path,
        box.count.map(BigInt),
        box.start.map(BigInt),
        box.count.map(() => 1n),
        BigInt(pointer),
      );
      if (status < 0) throw new Error("libhdf5 cannot read it");
    });
    for (const run of runs(shape, box, elementSize)) {
      writeAll(
        target,
        module.HEAPU8,
        pointer + run.from,
        run.length,
        dataset.offset + run.position,
      );
    }
  }
  module._free(pointer);
}

function writeAll(
  target: number,
  bytes: Uint8Array,
  from: number,
  length: number,
  position: number,
): void {
  for (let done = 0; done < length;) {
    done += writeSync(target, bytes, from + done, length - done, position + done);
  }
}

/** Any word of libhdf5 is a failure, whatever it returns. */
function watched(
  watch: Watch,
  dataset: Pick<UnpackedDataset, "where" | "filters">,
  use: () => void,
): void {
  let problem: string | undefined;
  let cause: unknown;
  try {
    use();
  } catch (error) {
    cause = error;
    problem = (error as Error).message;
  }
  const diagnostics = watch.takeDiagnostics();
  if (problem === undefined && diagnostics === "") return;
  if (watch.outOfMemory) {
    throw new CleaveError("LIMIT_EXCEEDED", tooLittleMemory(dataset.where), { cause });
  }
  const reason = innermost(diagnostics) ?? problem ?? "libhdf5 reports an error";
  throw cannotUnpack(dataset, reason, cause);
}

function tooLittleMemory(where: string): string {
  return `${where}: unpacking takes more memory than its chunks should need; the file is damaged or hostile.`;
}

/** libhdf5 names its functions from the call inwards; the last one knows what was wrong. */
function innermost(diagnostics: string): string | undefined {
  return [...diagnostics.matchAll(/^ *#\d+: .* in (\w+\(\): .*)$/gm)].at(-1)?.[1];
}
