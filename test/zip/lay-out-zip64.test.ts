import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isDeferred, isRange, layout, type Layout, type Segment } from "#shared/bytes/layout.ts";
import { layOutZip, type NewMember } from "#shared/zip/lay-out.ts";
import { readZip } from "#shared/zip/read.ts";
import { hasPython, runPython } from "../support/python.ts";
import { plannedSource, zeroSource } from "../support/sources.ts";
import { temporaryFolder } from "../support/temporary.ts";

const GiB = 2 ** 30;
const most32 = 0xffff_ffff;
const crc = 0x1234_5678;
const folder = temporaryFolder();

function zeros(name: string, size: number): NewMember {
  return { name, content: layout([{ source: zeroSource(size), offset: 0, length: size }]) };
}

const plans: Readonly<Record<string, NewMember[]>> = {
  "a member of the last size that fits 32 bits": [zeros("w", most32 - 1), zeros("c", 10_000)],
  "a member of the first size that does not": [zeros("w", most32), zeros("c", 10_000)],
  "a member of 4 GiB": [zeros("w", 4 * GiB), zeros("c", 10_000)],
  "a member of 4 GiB at the end": [zeros("c", 10_000), zeros("w", 4 * GiB)],
  "two members of more than 4 GiB": [
    zeros("v", 5 * GiB + 1),
    zeros("w", 6 * GiB),
    zeros("c", 10_000),
  ],
  "small members past 4 GiB": [zeros("v", 3 * GiB), zeros("w", 2 * GiB), zeros("c", 10_000)],
  "a directory that starts at the last 32-bit offset": [zeros("w", most32 - 1 - 31)],
  "a directory that starts at the first offset past 32 bits": [zeros("w", most32 - 31)],
};
const cases = Object.entries(plans);

/** The bytes around what is moved, as a Buffer each. */
function made({ segments }: Layout): Buffer[] {
  return segments.flatMap((segment) => {
    if (isRange(segment)) return [];
    return [
      Buffer.from(isDeferred(segment) ? segment.make(segment.spans.map(() => crc)) : segment),
    ];
  });
}

function expected(members: readonly NewMember[]): [string, number, number][] {
  return members.map(({ name, content }) => [name, content.size, crc]);
}

test.each(cases)("%s: our reader finds every size and offset", async (_, members) => {
  const planned = layOutZip(members);

  const found = await readZip(plannedSource(planned, crc));

  const said = [...found.values()].map((member) => [member.name, member.size, member.crc32]);
  expect(said).toEqual(expected(members));
  const offsets = [...found.values()].map(({ stored }) => stored.offset);
  expect(offsets).toEqual(members.map(({ content }) => offsetOf(content.segments[0]!, planned)));
});

function offsetOf(segment: Segment, { segments }: Layout): number {
  const before = segments.slice(0, segments.indexOf(segment));
  return before.reduce((offset, { length }) => offset + length, 0);
}

test.skipIf(!hasPython || process.platform === "win32")(
  "Python's zipfile finds the same sizes and offsets, in sparse files",
  () => {
    const paths = cases.map(([title, members]) => {
      const path = join(folder, `${title}.zip`);
      writeSparse(path, layOutZip(members));
      return path;
    });

    const found = runPython(
      `
import json, sys, zipfile
def members(path):
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            archive.open(info).close() # compares the local header's name
        return [[i.filename, i.file_size, i.CRC] for i in archive.infolist()]
print(json.dumps([members(path) for path in sys.argv[1:]]))
`,
      ...paths,
    );

    expect(found).toEqual(cases.map(([, members]) => expected(members)));
  },
);

function writeSparse(path: string, planned: Layout): void {
  const file = openSync(path, "w");
  ftruncateSync(file, planned.size);
  let position = 0;
  for (const segment of planned.segments) {
    if (!isRange(segment)) {
      const bytes = isDeferred(segment) ? segment.make(segment.spans.map(() => crc)) : segment;
      writeSync(file, bytes, 0, bytes.length, position);
    }
    position += segment.length;
  }
  closeSync(file);
}

describe("the fields APPNOTE.TXT asks for", () => {
  test("in a member of 4 GiB: sizes in the local header's extra field, 32-bit fields full", () => {
    const [local, record] = made(layOutZip([zeros("w", 4 * GiB)]));

    expect(local!.readUInt16LE(4)).toBe(45);
    expect(local!.readUInt32LE(14)).toBe(crc);
    expect([local!.readUInt32LE(18), local!.readUInt32LE(22)]).toEqual([most32, most32]);
    expect(local!.readUInt16LE(28)).toBe(20);
    expect(extraField(local!.subarray(31))).toEqual([4 * GiB, 4 * GiB]);
    expect(record!.readUInt16LE(6)).toBe(45);
    expect([record!.readUInt32LE(20), record!.readUInt32LE(24)]).toEqual([most32, most32]);
    expect(record!.readUInt32LE(42)).toBe(0);
    expect(extraField(record!.subarray(47))).toEqual([4 * GiB, 4 * GiB]);
  });

  test("in a small member past 4 GiB: the offset alone, and no ZIP64 in its local header", () => {
    const segments = made(layOutZip([zeros("w", 4 * GiB), zeros("c", 3)]));
    const [, local, directory] = segments;
    const record = directory!.subarray(46 + 1 + 20);

    expect(local!.readUInt16LE(4)).toBe(20);
    expect(local!.readUInt16LE(28)).toBe(0);
    expect(local!.readUInt32LE(18)).toBe(3);
    expect(record.readUInt16LE(6)).toBe(45);
    expect(record.readUInt32LE(20)).toBe(3);
    expect(record.readUInt32LE(42)).toBe(most32);
    expect(extraField(record.subarray(47))).toEqual([4 * GiB + 30 + 1 + 20]);
  });

  test("in an archive below 4 GiB: none of ZIP64 at all, as Python's zipfile leaves it out", () => {
    const segments = made(layOutZip([zeros("w", most32 - 1 - 31)]));

    const all = Buffer.concat(segments);

    expect(all.includes("PK\x06\x06")).toBe(false);
    expect(all.includes("PK\x06\x07")).toBe(false);
    expect(segments.at(-1)).toHaveLength(22);
  });

  test("at the end: record and locator with the counts, sizes and offsets of the archive", () => {
    const planned = layOutZip([zeros("w", 4 * GiB), zeros("c", 3)]);
    const end = made(planned).at(-1)!;
    const directory = made(planned).at(-2)!;

    const directoryOffset = planned.size - end.length - directory.length;
    expect(end.toString("latin1", 0, 4)).toBe("PK\x06\x06");
    expect(end.readBigUInt64LE(4)).toBe(44n);
    expect([end.readBigUInt64LE(24), end.readBigUInt64LE(32)]).toEqual([2n, 2n]);
    expect(end.readBigUInt64LE(40)).toBe(BigInt(directory.length));
    expect(end.readBigUInt64LE(48)).toBe(BigInt(directoryOffset));
    expect(end.toString("latin1", 56, 60)).toBe("PK\x06\x07");
    expect(end.readBigUInt64LE(64)).toBe(BigInt(directoryOffset + directory.length));
    expect(end.readUInt32LE(72)).toBe(1);
    expect(end.toString("latin1", 76, 80)).toBe("PK\x05\x06");
    expect(end.readUInt16LE(86)).toBe(2);
    expect(end.readUInt32LE(88)).toBe(directory.length);
    expect(end.readUInt32LE(92)).toBe(most32);
  });

  test("for 65,535 members: their number, which 16 bits do not hold", () => {
    const members = Array.from({ length: 65_535 }, (_, index) => zeros(`${index}`, 0));

    const end = made(layOutZip(members)).at(-1)!;

    expect(end).toHaveLength(98);
    expect(end.readBigUInt64LE(32)).toBe(65_535n);
    expect(end.readUInt16LE(86)).toBe(0xffff);
  });
});

/** The values of a ZIP64 extra field that stands at the start of `bytes`. */
function extraField(bytes: Buffer): number[] {
  expect(bytes.readUInt16LE(0)).toBe(1);
  const length = bytes.readUInt16LE(2);
  return Array.from({ length: length / 8 }, (_, at) => Number(bytes.readBigUInt64LE(4 + at * 8)));
}
