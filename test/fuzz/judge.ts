import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Module } from "h5wasm/node";
import { memoryRange } from "#shared/bytes/memory-source.ts";
import { readHdf5 } from "#shared/hdf5/read.ts";
import { watchH5wasm } from "#shared/hdf5/watch-h5wasm.ts";
import { hdf5Within } from "../support/hdf5-files.ts";
import { namesInOrder } from "../hdf5/in-little-endian.ts";
import {
  seenByLibhdf5,
  seenByUs,
  type SeenObject,
  type SeenValues,
} from "../support/hdf5-judge.ts";

export interface Opinion {
  readonly verdict: "agrees" | "differs" | "no opinion";
  readonly reason: string;
}

/** What libhdf5 reports and h5wasm does not throw goes to standard error; then its values are noise. */
const watch = watchH5wasm(1024 * 1024 * 1024);
const path = join(tmpdir(), `cleave-fuzz-${process.pid}.h5`);

/** Whether libhdf5, in h5wasm, sees the same in the HDF5 of an input that we accept. */
export async function judge(input: Buffer): Promise<Opinion> {
  let theirs: readonly SeenObject[];
  let ours: readonly SeenObject[];
  try {
    const bytes = await hdf5Within("input", input);
    const seen = await seenByUs(await readHdf5(memoryRange("input", bytes)));
    const isOdd = seen.some(({ values }) => values?.dtype.startsWith("nonstandard"));
    if (isOdd)
      return { verdict: "no opinion", reason: "h5wasm converts floats that are not IEEE's" };
    ours = seen.map(asText);
    writeFileSync(path, bytes);
    watch.takeDiagnostics();
    theirs = namesInOrder(await seenByLibhdf5(path)).map(asText);
    const said = watch.takeDiagnostics();
    if (said !== "") return { verdict: "no opinion", reason: said };
  } catch (error) {
    // Packed datasets are not unpacked here; and libhdf5 refuses some of what is right.
    return { verdict: "no opinion", reason: (error as Error).message };
  }
  const at = ours.findIndex((object, index) => !isSame(object, theirs[index]));
  if (at < 0 && ours.length === theirs.length) return { verdict: "agrees", reason: "" };
  const reason = `${JSON.stringify(ours[at] ?? ours.length)} against ${JSON.stringify(theirs[at] ?? theirs.length)}`;
  return { verdict: "differs", reason: reason.slice(0, 2000) };
}

/** Bytes of memory that libhdf5 holds. */
export function judgeMemory(): number {
  return Module.HEAPU8.byteLength;
}

function isSame(a: SeenObject, b: SeenObject | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/**
 * libhdf5 gives text up to a NUL, has no names for floats that are not IEEE's, and does not list
 * attributes without a name.
 */
function asText({ path: where, values, attributes }: SeenObject): SeenObject {
  return {
    path: where,
    values: values && comparable(values),
    attributes: attributes
      .filter(({ name }) => name !== "")
      .map(({ name, ...rest }) => ({ name, ...comparable(rest) })),
  };
}

function comparable({ shape, dtype, values }: SeenValues): SeenValues {
  const type = dtype.replace(
    /^nonstandard float in (\d) bytes$/,
    (_, size: string) => `float${Number(size) * 8}`,
  );
  if (typeof values === "string") return { shape, dtype: type, values };
  return { shape, dtype: type, values: values.map((text) => text.replace(/\0[^]*$/, "")) };
}
