import { expect, test } from "vitest";
import { memoryRange } from "#shared/bytes/memory-source.ts";
import { layOutNpy, npyType } from "#shared/tensors/npy.ts";

// np.lib.format.write_array of numpy 2.3 wrote these headers.
test.each([
  [[784, 32], "(784, 32)"],
  [[32], "(32,)"],
  [[], "()"],
])("shape %j is written as numpy writes it", (shape, text) => {
  const { segments, size } = layOutNpy("<f4", shape, memoryRange("t", new Uint8Array(4)));

  const header = Buffer.from(segments[0] as Uint8Array);
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': ${text}, }`;
  expect(header.subarray(0, 8).toString("latin1")).toBe("\x93NUMPY\x01\x00");
  expect(header.readUInt16LE(8)).toBe(118);
  expect(header.subarray(10).toString("latin1")).toBe(`${dictionary.padEnd(117)}\n`);
  expect(size).toBe(128 + 4);
});

test.each([
  ["float32", "<f4"],
  ["int8", "|i1"],
  ["uint16", "<u2"],
  ["bool", "|b1"],
  ["S12", "|S12"],
  ["complex64", "<c8"],
  ["string", undefined],
])("%s is numpy's %s", (dtype, type) => {
  expect(npyType(dtype)).toBe(type);
});
