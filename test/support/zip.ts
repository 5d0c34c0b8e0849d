import { crc32, deflateRawSync } from "node:zlib";
import yauzl, { type Entry } from "yauzl";
import { ByteWriter } from "#shared/bytes/byte-writer.ts";

/** What a local header or a record of the central directory says of a member. */
export interface HeaderFields {
  readonly name: string | Uint8Array;
  readonly flags: number;
  readonly method: number;
  readonly crc32: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly extra: Uint8Array;
  /** Of the directory record alone. */
  readonly madeBy: number;
  readonly attributes: number;
  readonly offset: number;
}

/** A member, with what is to be said of it other than the truth. */
export interface RawMember {
  readonly name: string | Uint8Array;
  readonly content?: Uint8Array;
  readonly deflated?: boolean;
  /** Sizes and checksum stand behind the member and not in its local header. */
  readonly descriptor?: boolean;
  readonly local?: Partial<HeaderFields>;
  readonly central?: Partial<HeaderFields>;
}

export interface EndFields {
  readonly count: number;
  readonly directorySize: number;
  readonly directoryOffset: number;
  readonly comment: Uint8Array;
  /** Between the directory and the end record. */
  readonly before: Uint8Array;
}

const unix = 3 << 8;
const utf8Name = 0x0800;
const descriptorFlag = 0x08;

/** An archive as any writer could make it, also a careless or a malicious one. */
export function zipArchive(members: readonly RawMember[], end: Partial<EndFields> = {}): Buffer {
  const parts: Uint8Array[] = [];
  const records: Uint8Array[] = [];
  let offset = 0;
  const put = (part: Uint8Array): void => {
    parts.push(part);
    offset += part.length;
  };
  for (const member of members) {
    const { name, content = new Uint8Array(), deflated = false, descriptor = false } = member;
    const data = deflated ? deflateRawSync(content) : content;
    const fields: HeaderFields = {
      name,
      flags: utf8Name | (descriptor ? descriptorFlag : 0),
      method: deflated ? 8 : 0,
      crc32: crc32(content),
      compressedSize: data.length,
      size: content.length,
      extra: new Uint8Array(),
      madeBy: unix | 20,
      attributes: 0o100600 * 2 ** 16,
      offset,
    };
    const unknown = descriptor ? { crc32: 0, compressedSize: 0, size: 0 } : {};
    records.push(directoryRecord({ ...fields, ...member.central }));
    put(localHeader({ ...fields, ...unknown, ...member.local }));
    put(data);
    if (descriptor) put(dataDescriptor(fields));
  }
  const directory = Buffer.concat(records);
  return Buffer.concat([
    ...parts,
    directory,
    end.before ?? new Uint8Array(),
    endRecord({
      count: members.length,
      directorySize: directory.length,
      directoryOffset: offset,
      comment: new Uint8Array(),
      before: new Uint8Array(),
      ...end,
    }),
  ]);
}

/** The same fields in both headers of a member, so that they do not contradict each other. */
export function alsoLocally(fields: Partial<HeaderFields>): Pick<RawMember, "local" | "central"> {
  return { local: fields, central: fields };
}

function localHeader(fields: HeaderFields): Uint8Array {
  const name = Buffer.from(fields.name);
  const writer = new ByteWriter(new Uint8Array(30 + name.length + fields.extra.length));
  writer.text("PK\x03\x04");
  commonFields(writer, fields, name.length);
  writer.put(name);
  writer.put(fields.extra);
  return writer.bytes;
}

export function directoryRecord(fields: HeaderFields): Uint8Array {
  const name = Buffer.from(fields.name);
  const writer = new ByteWriter(new Uint8Array(46 + name.length + fields.extra.length));
  writer.text("PK\x01\x02");
  writer.u16(fields.madeBy);
  commonFields(writer, fields, name.length);
  writer.skip(6);
  writer.u32(fields.attributes);
  writer.u32(fields.offset);
  writer.put(name);
  writer.put(fields.extra);
  return writer.bytes;
}

function commonFields(writer: ByteWriter, fields: HeaderFields, nameLength: number): void {
  writer.u16(20);
  writer.u16(fields.flags);
  writer.u16(fields.method);
  writer.u16(0);
  writer.u16(33);
  writer.u32(fields.crc32);
  writer.u32(fields.compressedSize);
  writer.u32(fields.size);
  writer.u16(nameLength);
  writer.u16(fields.extra.length);
}

function dataDescriptor(fields: HeaderFields): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(16));
  writer.text("PK\x07\x08");
  writer.u32(fields.crc32);
  writer.u32(fields.compressedSize);
  writer.u32(fields.size);
  return writer.bytes;
}

function endRecord({ count, directorySize, directoryOffset, comment }: EndFields): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(22 + comment.length));
  writer.text("PK\x05\x06");
  writer.skip(4);
  writer.u16(count);
  writer.u16(count);
  writer.u32(directorySize);
  writer.u32(directoryOffset);
  writer.u16(comment.length);
  writer.put(comment);
  return writer.bytes;
}

/** What yauzl by itself sees in an archive: an implementation that is not ours. */
export async function yauzlMembers(archive: Buffer): Promise<Map<string, Buffer>> {
  const zip = await yauzl.fromBufferPromise(archive, { lazyEntries: true });
  const entries: Entry[] = [];
  for await (const entry of zip.eachEntry()) entries.push(entry);
  const members = new Map<string, Buffer>();
  for (const entry of entries) {
    const chunks: Buffer[] = [];
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
    members.set(entry.fileName, Buffer.concat(chunks));
  }
  return members;
}
