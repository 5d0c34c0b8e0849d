import { readFileSync } from "node:fs";
import { join } from "node:path";
import h5wasm, { type File, type FileOptions } from "h5wasm/node";
import { ByteWriter } from "#shared/bytes/byte-writer.ts";
import { checksum } from "#shared/hdf5/checksum.ts";
import { signature } from "#shared/hdf5/superblock.ts";

const undefinedAddress = 0xffff_ffff_ffff_ffffn;

/** A file as libhdf5 writes it, by default in the format that h5py writes. */
export async function libhdf5File(
  folder: string,
  fill: (file: File) => void,
  options: FileOptions = { libver: ["earliest", "v110"] },
): Promise<Buffer> {
  await h5wasm.ready;
  const path = join(folder, "libhdf5.h5");
  const file = new h5wasm.File(path, "w", options);
  fill(file);
  file.close();
  return readFileSync(path);
}

type Width = 8 | 16 | 32 | 64;

/** A copy with one little-endian field changed. */
export function patched(
  bytes: Uint8Array,
  at: number,
  value: number | bigint | Uint8Array,
  width: Width = 8,
): Buffer {
  const copy = Buffer.from(bytes);
  if (value instanceof Uint8Array) copy.set(value, at);
  else if (width === 64) copy.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), at);
  else copy.writeUIntLE(Number(value), at, width / 8);
  return copy;
}

/** Where the structure with this signature stands, the first of them unless told. */
export function structure(bytes: Uint8Array, signatureText: string, nth = 0): number {
  let at = -1;
  for (let index = 0; index <= nth; index += 1) {
    at = Buffer.from(bytes).indexOf(signatureText, at + 1, "latin1");
    if (at < 0) throw new Error(`no ${signatureText} of number ${index}`);
  }
  return at;
}

/** Fields of a version 0 superblock. */
export const superblock = {
  version: 8,
  offsetSize: 13,
  lengthSize: 14,
  leafK: 16,
  internalK: 18,
  base: 24,
  endOfFile: 40,
  driver: 48,
  root: 64,
} as const;

function address(bytes: Uint8Array, at: number): number {
  return Number(Buffer.from(bytes).readBigUInt64LE(at));
}

export interface RawMessage {
  readonly type: number;
  /** Of the message's own header. */
  readonly at: number;
  readonly body: number;
  readonly size: number;
}

/** The messages of a version 1 object header. */
export function headerMessages(bytes: Uint8Array, header: number): RawMessage[] {
  const file = Buffer.from(bytes);
  const messages: RawMessage[] = [];
  const blocks = [[header + 16, file.readUInt32LE(header + 8)]];
  for (const [start = 0, length = 0] of blocks) {
    for (let at = start; at + 8 <= start + length;) {
      const found = {
        type: file.readUInt16LE(at),
        at,
        body: at + 8,
        size: file.readUInt16LE(at + 2),
      };
      messages.push(found);
      if (found.type === 0x10) blocks.push([address(file, at + 8), address(file, at + 16)]);
      at += 8 + found.size;
    }
  }
  return messages;
}

export function message(bytes: Uint8Array, header: number, type: number): RawMessage {
  const found = headerMessages(bytes, header).find((candidate) => candidate.type === type);
  if (found === undefined) throw new Error(`no message ${type} at ${header}`);
  return found;
}

/** Where things of a group with at most eight links stand. */
export interface RawGroup {
  readonly header: number;
  readonly btree: number;
  readonly heap: number;
  readonly heapData: number;
  /** The symbol table node. */
  readonly table: number;
  /** Entries of it, by name. */
  readonly entries: ReadonlyMap<string, number>;
}

export function rawGroup(bytes: Uint8Array, ...path: readonly string[]): RawGroup {
  const header = objectHeader(bytes, ...path);
  const { body } = message(bytes, header, 0x11);
  const [btree, heap] = [address(bytes, body), address(bytes, body + 8)];
  const heapData = address(bytes, heap + 24);
  const table = address(bytes, btree + 32);
  const file = Buffer.from(bytes);
  const entries = new Map<string, number>();
  for (let index = 0; index < file.readUInt16LE(table + 6); index += 1) {
    const entry = table + 8 + index * 40;
    const start = heapData + address(bytes, entry);
    entries.set(file.toString("utf8", start, file.indexOf(0, start)), entry);
  }
  return { header, btree, heap, heapData, table, entries };
}

export function objectHeader(bytes: Uint8Array, ...path: readonly string[]): number {
  const name = path.at(-1);
  if (name === undefined) return address(bytes, superblock.root);
  return address(bytes, rawGroup(bytes, ...path.slice(0, -1)).entries.get(name)! + 8);
}

/** Where the checksum of an undamaged newer structure stands. */
export function checksumAt(bytes: Uint8Array, start: number): number {
  const file = Buffer.from(bytes);
  for (let at = start + 8; at + 4 <= file.length; at += 1) {
    if (file.readUInt32LE(at) === checksum(file.subarray(start, at))) return at;
  }
  throw new Error(`no checksum after ${start}`);
}

/** Writes the checksum of a newer structure anew. */
export function signed(bytes: Uint8Array, start: number, end: number): Buffer {
  return patched(bytes, end, checksum(bytes.subarray(start, end)), 32);
}

interface Room {
  readonly writer: ByteWriter;
  /** Takes bytes for a structure and goes to it. */
  begin(length: number): number;
  end(): Buffer;
}

/** A file of structures that no library would write; the root is the first of them. */
export function handmade(size: number, leafK = 4): Room {
  const writer = new ByteWriter(Buffer.alloc(size));
  let end = 96;
  writer.put(signature);
  writer.at = superblock.offsetSize;
  writer.u8(8);
  writer.u8(8);
  writer.at = superblock.leafK;
  writer.u16(leafK);
  writer.u16(16);
  writer.at = superblock.base;
  writer.u64(0);
  writer.u64(undefinedAddress);
  writer.u64(size);
  writer.u64(undefinedAddress);
  writer.u64(0);
  writer.u64(end);
  return {
    writer,
    begin: (length) => {
      writer.at = end;
      end += length;
      if (end > size) throw new Error("no room");
      return writer.at;
    },
    end: () => Buffer.from(writer.bytes),
  };
}

/** A group's header of one message, to be followed by its B-tree and its heap. */
export function writeGroupHeader(room: Room, btree: number, heap: number): number {
  const { writer } = room;
  const header = room.begin(40);
  writer.u8(1);
  writer.skip(1);
  writer.u16(1);
  writer.u32(1);
  writer.u32(24);
  writer.skip(4);
  writer.u16(0x11);
  writer.u16(16);
  writer.skip(4);
  writer.u64(btree);
  writer.u64(heap);
  return header;
}
