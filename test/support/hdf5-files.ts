import { expect } from "vitest";
import { memoryRange, memorySource } from "#shared/bytes/memory-source.ts";
import { isDeferred, isRange, type Layout } from "#shared/bytes/layout.ts";
import type { CleaveError, ErrorCode } from "#shared/errors.ts";
import type { Hdf5Group } from "#shared/hdf5/model.ts";
import { readHdf5 } from "#shared/hdf5/read.ts";
import { readZip } from "#shared/zip/read.ts";
import { rangeBytes } from "./hdf5-judge.ts";

/** A planned HDF5 file as the bytes it would have. */
export async function layoutBytes({ segments }: Layout): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (const segment of segments) {
    if (isDeferred(segment)) throw new Error("an HDF5 file defers nothing");
    parts.push(isRange(segment) ? await rangeBytes(segment) : segment);
  }
  return Buffer.concat(parts);
}

export async function readBytes(bytes: Uint8Array): Promise<Hdf5Group> {
  return readHdf5(memoryRange("file.h5", bytes));
}

/** The HDF5 file that a model file is or holds. */
export async function hdf5Within(name: string, bytes: Uint8Array): Promise<Uint8Array> {
  if (Buffer.from(bytes.subarray(1, 4)).toString("latin1") === "HDF") return bytes;
  const members = await readZip(memorySource(name, bytes));
  return rangeBytes(members.get("model.weights.h5")!.stored);
}

/** What a refusal must say. */
export function refusal(code: ErrorCode, message: RegExp): Partial<CleaveError> {
  return {
    name: "CleaveError",
    code,
    message: expect.stringMatching(message) as string,
  };
}

export async function expectRefusal(
  bytes: Uint8Array,
  code: ErrorCode,
  message: RegExp,
): Promise<void> {
  await expect(readBytes(bytes)).rejects.toMatchObject(refusal(code, message));
}
