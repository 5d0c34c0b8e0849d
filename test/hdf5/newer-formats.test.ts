import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { File } from "h5wasm/node";
import { describe, expect, test } from "vitest";
import { checksum } from "#shared/hdf5/checksum.ts";
import { layOutHdf5 } from "#shared/hdf5/lay-out.ts";
import { expectRefusal, layoutBytes, readBytes } from "../support/hdf5-files.ts";
import { seenByLibhdf5, seenByUs } from "../support/hdf5-judge.ts";
import { libhdf5File, signed } from "../support/hdf5-raw.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();

/** Everything Keras puts into a file, with links and attributes in object headers. */
function fill(file: File): void {
  file.create_attribute("backend", "tensorflow");
  file.create_attribute("числа", new Int32Array([1, -2]));
  file.create_attribute("weight_names", ["слой/kernel:0", "bias:0"]);
  file.create_attribute("scalar", 1.5);
  const layer = file.create_group("слой");
  layer.create_dataset({ name: "kernel:0", data: new Float32Array([1, 2, 3, 4]), shape: [2, 2] });
  layer.create_dataset({ name: "bias:0", data: new Float64Array([5]), shape: [] });
  layer.create_dataset({ name: "int8", data: new Int8Array(3) });
  layer.create_dataset({ name: "big", data: new BigUint64Array([2n ** 63n]) });
  layer.create_dataset({ name: "words", data: ["a", "", "long".repeat(100)] });
  layer.create_dataset({ name: "fixed", data: ["a", "abc"], dtype: "S3" });
  layer.create_dataset({ name: "empty", data: new Float32Array(0), shape: [0, 7] });
  const parts: [string, string][] = [
    ["r", "<f"],
    ["i", "<f"],
  ];
  const values = new Map(parts.map(([name]) => [name, new Float32Array([1, 2])]));
  layer.create_dataset({ name: "complex", data: values, dtype: parts });
  layer.get("kernel:0");
  file.create_group("empty group");
}

describe("a file that libhdf5 writes, read as libhdf5 reads it and written anew as it was:", () => {
  test.each([
    ["earliest", ["earliest", "v110"], false],
    ["1.8", "v108", false],
    ["1.10", "v110", false],
    ["1.12", "v112", false],
    ["1.14", "v114", false],
    ["2.0", "v200", false],
    ["latest", "latest", false],
    ["latest, in order of creation", "latest", true],
  ] as const)("%s", async (_, libver, trackOrder) => {
    const bounds = typeof libver === "string" ? libver : ([...libver] as ["earliest", "v110"]);
    const bytes = await libhdf5File(folder, fill, { libver: bounds, track_order: trackOrder });
    const [original, written] = [join(folder, "original.h5"), join(folder, "written.h5")];
    writeFileSync(original, bytes);
    const seen = await seenByLibhdf5(original);

    const tree = await readBytes(bytes);
    writeFileSync(written, await layoutBytes(layOutHdf5(tree)));

    expect(seen).toHaveLength(11);
    expect(await seenByUs(tree)).toEqual(seen);
    expect(await seenByLibhdf5(written)).toEqual(seen);
  });
});

describe("the checksum of newer structures is lookup3", () => {
  test("of its author's own examples", () => {
    expect(checksum(new Uint8Array())).toBe(0xdeadbeef);
    expect(checksum(Buffer.from("Four score and seven years ago"))).toBe(0x17770551);
  });

  test("of any length that libhdf5 signs", async () => {
    const lengths = new Set<number>();
    for (let extra = 0; extra < 24; extra += 1) {
      const bytes = await libhdf5File(
        folder,
        (file) => {
          file.create_group("g").create_attribute("x".repeat(extra + 1), new Int8Array(extra));
        },
        { libver: "v110" },
      );
      const start = bytes.lastIndexOf("OHDR");
      const length = bytes.readUInt8(start + 22) + 23;

      expect(checksum(bytes.subarray(start, start + length))).toBe(
        bytes.readUInt32LE(start + length),
      );
      lengths.add(length % 12);
    }

    expect(lengths.size).toBeGreaterThan(1);
  });
});

test("a block of an object header that has no room for its checksum is refused", async () => {
  const bytes = await libhdf5File(
    folder,
    (file) => {
      file.create_group("g").create_attribute("long enough", new Int8Array(40));
    },
    { libver: "v110" },
  );
  const start = bytes.lastIndexOf("OHDR");
  const end = start + 23 + bytes.readUInt8(start + 22);
  for (const length of [0, 3, 4, 7]) {
    const short = Buffer.from(bytes);
    const at = messageWith(short, start + 23, end, 0x0c);
    short.writeUInt8(0x10, at);
    short.writeBigUInt64LE(BigInt(start + 4), at + 4);
    short.writeBigUInt64LE(BigInt(length), at + 12);

    await expectRefusal(signed(short, start, end), "HDF5_INVALID", /object header block/);
  }
});

/** Where a message of a type stands among those of a header of version 2. */
function messageWith(bytes: Buffer, from: number, end: number, type: number): number {
  for (let at = from; at < end; at += 4 + bytes.readUInt16LE(at + 1)) {
    if (bytes.readUInt8(at) === type) return at;
  }
  throw new Error(`no message ${type}`);
}
