import { checksum } from "#shared/hdf5/checksum.ts";
import type { Random } from "./random.ts";

/** Numbers at which parsers go wrong: limits of widths, and what means "undefined". */
const interesting = [
  0n,
  1n,
  2n,
  7n,
  8n,
  16n,
  255n,
  256n,
  0x7fffn,
  0xffffn,
  0x7fff_ffffn,
  0xffff_ffffn,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];
const signatures = [
  "TREE",
  "SNOD",
  "HEAP",
  "GCOL",
  "OHDR",
  "OCHK",
  "FRHP",
  "FHDB",
  "FHIB",
  "BTHD",
  "BTLF",
  "BTIN",
  "FAHD",
  "FADB",
  "EAHD",
  "EAIB",
  "PK\x03\x04",
  "PK\x01\x02",
  "PK\x05\x06",
  "PK\x06\x06",
  "\x89HDF",
];

/** Changes a few places of a file, most of them where structures are. */
export function mutateBytes(seed: Buffer, other: Buffer, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(seed);
  const times = 1 + random.below(4);
  for (let time = 0; time < times && bytes.length > 0; time += 1) {
    bytes = random.pick(mutations)(bytes, random, other);
  }
  if (random.chance(0.7)) repairChecksums(bytes);
  return bytes;
}

type Mutation = (bytes: Buffer, random: Random, other: Buffer) => Buffer;

const mutations: readonly Mutation[] = [
  setNumber,
  setNumber,
  setNumber,
  setAddress,
  setAddress,
  flipBit,
  flipBit,
  copyBlock,
  exchange,
  insert,
  remove,
  cut,
  splice,
];

/** Behind a signature, or in the first kilobytes, where all small files have their structure. */
function place(bytes: Buffer, random: Random): number {
  if (random.chance(0.6)) {
    const found = placesOf(bytes, random.pick(signatures));
    if (found.length > 0) return Math.min(bytes.length - 1, random.pick(found) + random.below(96));
  }
  return random.below(random.chance(0.7) ? Math.min(bytes.length, 8192) : bytes.length);
}

function placesOf(bytes: Buffer, signature: string): number[] {
  const found: number[] = [];
  for (let at = -1; (at = bytes.indexOf(signature, at + 1, "latin1")) >= 0 && found.length < 64;) {
    found.push(at);
  }
  return found;
}

function setNumber(bytes: Buffer, random: Random): Buffer {
  const width = random.pick([1, 2, 4, 8]);
  const at = place(bytes, random);
  if (at + width > bytes.length) return bytes;
  const near = [BigInt(bytes.length), BigInt(bytes.length - at), BigInt(at)];
  const now = readNumber(bytes, at, width);
  const values = [
    ...interesting,
    ...near,
    now + 1n,
    now - 1n,
    now * 2n,
    BigInt(random.below(65536)),
  ];
  writeNumber(bytes, at, width, random.pick(values));
  return bytes;
}

/** To where another one leads: overlaps, loops and aliases are made of such. */
function setAddress(bytes: Buffer, random: Random): Buffer {
  const addresses: number[] = [];
  for (let at = 0; at + 8 <= Math.min(bytes.length, 65_536); at += 4) {
    const value = bytes.readBigUInt64LE(at);
    if (value > 0n && value < BigInt(bytes.length)) addresses.push(at);
  }
  if (addresses.length < 2) return bytes;
  const [to, from] = [random.pick(addresses), random.pick(addresses)];
  const shift = random.chance(0.3) ? BigInt(random.pick([-8, -1, 1, 8, 16])) : 0n;
  writeNumber(bytes, to, 8, bytes.readBigUInt64LE(from) + shift);
  return bytes;
}

function flipBit(bytes: Buffer, random: Random): Buffer {
  const at = place(bytes, random);
  bytes[at]! ^= 1 << random.below(8);
  return bytes;
}

function copyBlock(bytes: Buffer, random: Random): Buffer {
  const length = 1 + random.below(64);
  const [from, to] = [place(bytes, random), place(bytes, random)];
  bytes.copy(bytes, to, from, Math.min(from + length, bytes.length));
  return bytes;
}

function exchange(bytes: Buffer, random: Random): Buffer {
  const length = 1 << random.below(6);
  const [a, b] = [place(bytes, random), place(bytes, random)];
  if (Math.max(a, b) + length > bytes.length) return bytes;
  const kept = Buffer.from(bytes.subarray(a, a + length));
  bytes.copy(bytes, a, b, b + length);
  kept.copy(bytes, b);
  return bytes;
}

function insert(bytes: Buffer, random: Random): Buffer {
  const at = place(bytes, random);
  const added = Buffer.alloc(1 + random.below(32), random.below(256));
  return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at)]);
}

function remove(bytes: Buffer, random: Random): Buffer {
  const at = place(bytes, random);
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(32))]);
}

function cut(bytes: Buffer, random: Random): Buffer {
  return random.chance(0.3) ? bytes.subarray(0, random.below(bytes.length) + 1) : bytes;
}

function splice(bytes: Buffer, random: Random, other: Buffer): Buffer {
  if (!random.chance(0.2)) return bytes;
  const at = place(bytes, random);
  return Buffer.concat([bytes.subarray(0, at), other.subarray(Math.min(at, other.length))]);
}

function readNumber(bytes: Buffer, at: number, width: number): bigint {
  return width === 8 ? bytes.readBigUInt64LE(at) : BigInt(bytes.readUIntLE(at, width));
}

function writeNumber(bytes: Buffer, at: number, width: number, value: bigint): void {
  const wrapped = BigInt.asUintN(width * 8, value);
  if (width === 8) bytes.writeBigUInt64LE(wrapped, at);
  else bytes.writeUIntLE(Number(wrapped), at, width);
}

/** Newer structures have checksums; without right ones, no mutation would get behind them. */
function repairChecksums(bytes: Buffer): void {
  if (bytes.length > 48 && bytes[8]! >= 2 && bytes[8]! <= 3) repair(bytes, 0, 44);
  for (const at of placesOf(bytes, "OHDR")) {
    const length = headerLength(bytes, at);
    if (length !== undefined) repair(bytes, at, length);
  }
  for (const at of placesOf(bytes, "BTHD")) repair(bytes, at, 34);
  for (const at of placesOf(bytes, "FRHP")) repair(bytes, at, 142);
}

/** Of an object header of version 2 without its checksum (format specification, IV.A.1.b). */
function headerLength(bytes: Buffer, at: number): number | undefined {
  if (at + 24 > bytes.length) return undefined;
  const flags = bytes[at + 5]!;
  const prefix = 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
  const width = 1 << (flags & 3);
  if (at + prefix + width > bytes.length || width === 8) return undefined;
  return prefix + width + bytes.readUIntLE(at + prefix, width);
}

function repair(bytes: Buffer, at: number, length: number): void {
  if (at + length + 4 > bytes.length) return;
  bytes.writeUInt32LE(checksum(bytes.subarray(at, at + length)), at + length);
}
