import { ByteWriter } from "../bytes/byte-writer.ts";
import { layout, type Layout, type Segment } from "../bytes/layout.ts";

export interface NewMember {
  readonly name: string;
  readonly content: Layout;
}

/** Where sizes or offsets reach this, ZIP64's fields hold them (APPNOTE.TXT 4.3.9 and 4.5.3). */
const zip64From = 0xffff_ffff;
const zip64Entries = 0xffff;
const versionStored = 20;
const versionZip64 = 45;
const unix = 3;
const utf8Name = 0x0800;
/** 1980-01-01, the first day a ZIP can tell, as Keras stamps its JSON members. */
const date = (1 << 5) | 1;
const readableByOwner = 0o600 << 16;

interface Placed {
  readonly name: Uint8Array;
  readonly size: number;
  /** Of the local header. */
  readonly offset: number;
  readonly span: { readonly first: number; readonly end: number };
}

/**
 * Plans an archive of stored members, as Python's zipfile writes for Keras, without clock or host
 * in it. Checksums are filled in when the members have been moved.
 */
export function layOutZip(members: readonly NewMember[]): Layout {
  const segments: Segment[] = [];
  const placed: Placed[] = [];
  let offset = 0;
  for (const { name, content } of members) {
    const first = segments.length + 1;
    const span = { first, end: first + content.segments.length };
    const member = { name: Buffer.from(name), size: content.size, offset, span };
    const length = localHeaderSize(member);
    segments.push({ length, spans: [span], make: ([crc]) => localHeader(member, crc!) });
    segments.push(...content.segments);
    placed.push(member);
    offset += length + content.size;
  }
  const directorySize = placed.reduce((size, member) => size + directoryRecordSize(member), 0);
  segments.push({
    length: directorySize,
    spans: placed.map(({ span }) => span),
    make: (crcs) => directory(placed, crcs, directorySize),
  });
  segments.push(endRecords(placed.length, directorySize, offset));
  return layout(segments);
}

function isLarge({ size }: Placed): boolean {
  return size >= zip64From;
}

function localHeaderSize(member: Placed): number {
  return 30 + member.name.length + (isLarge(member) ? 20 : 0);
}

function localHeader(member: Placed, crc: number): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(localHeaderSize(member)));
  writer.text("PK\x03\x04");
  commonFields(writer, member, isLarge(member), crc);
  writer.u16(isLarge(member) ? 20 : 0);
  writer.put(member.name);
  if (isLarge(member)) {
    writer.u16(1);
    writer.u16(16);
    writer.u64(member.size);
    writer.u64(member.size);
  }
  return writer.bytes;
}

/** From "version needed" to the length of the name, the same in both headers. */
function commonFields(writer: ByteWriter, member: Placed, zip64: boolean, crc: number): void {
  const size = Math.min(member.size, zip64From);
  writer.u16(zip64 ? versionZip64 : versionStored);
  writer.u16(member.name.some((byte) => byte > 127) ? utf8Name : 0);
  writer.u16(0); // stored
  writer.u16(0); // midnight
  writer.u16(date);
  writer.u32(crc);
  writer.u32(size);
  writer.u32(size);
  writer.u16(member.name.length);
}

/** The values that do not fit the directory record's 32-bit fields, in ZIP64's order. */
function zip64Values(member: Placed): number[] {
  return [
    ...(isLarge(member) ? [member.size, member.size] : []),
    ...(member.offset >= zip64From ? [member.offset] : []),
  ];
}

function directoryRecordSize(member: Placed): number {
  const values = zip64Values(member).length;
  return 46 + member.name.length + (values === 0 ? 0 : 4 + values * 8);
}

function directory(placed: readonly Placed[], crcs: readonly number[], size: number): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(size));
  for (const [index, member] of placed.entries()) {
    const values = zip64Values(member);
    writer.text("PK\x01\x02");
    writer.u16((unix << 8) | (values.length > 0 ? versionZip64 : versionStored));
    commonFields(writer, member, values.length > 0, crcs[index]!);
    writer.u16(values.length === 0 ? 0 : 4 + values.length * 8);
    writer.skip(6); // no comment, disk 0, no internal attributes
    writer.u32(readableByOwner);
    writer.u32(Math.min(member.offset, zip64From));
    writer.put(member.name);
    if (values.length > 0) {
      writer.u16(1);
      writer.u16(values.length * 8);
      for (const value of values) writer.u64(value);
    }
  }
  return writer.bytes;
}

function endRecords(count: number, size: number, offset: number): Uint8Array {
  const zip64 = count >= zip64Entries || size >= zip64From || offset >= zip64From;
  const writer = new ByteWriter(new Uint8Array((zip64 ? 76 : 0) + 22));
  if (zip64) {
    writer.text("PK\x06\x06");
    writer.u64(44);
    writer.u16((unix << 8) | versionZip64);
    writer.u16(versionZip64);
    writer.skip(8); // disk 0
    writer.u64(count);
    writer.u64(count);
    writer.u64(size);
    writer.u64(offset);
    writer.text("PK\x06\x07");
    writer.skip(4);
    writer.u64(offset + size);
    writer.u32(1);
  }
  writer.text("PK\x05\x06");
  writer.skip(4);
  writer.u16(Math.min(count, zip64Entries));
  writer.u16(Math.min(count, zip64Entries));
  writer.u32(Math.min(size, zip64From));
  writer.u32(Math.min(offset, zip64From));
  return writer.bytes;
}
