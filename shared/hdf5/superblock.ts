import { CleaveError } from "../errors.ts";
import type { Cursor } from "./cursor.ts";
import type { Hdf5File } from "./file.ts";
import { checksum } from "./checksum.ts";

/** The first eight bytes of every HDF5 file. */
export const signature = Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a);

/** What libhdf5 assumes where the superblock does not say (H5Fpkg.h, H5Gprivate.h). */
export const defaultLeafK = 4;
export const defaultInternalK = 16;
const defaultChunkK = 32;

/** Where some fields of 8 bytes stand in a superblock. */
export interface SuperblockFields {
  /** From where addresses count. */
  readonly base: number;
  readonly endOfFile: number;
  /** Null where there is none. */
  readonly checksum: number | null;
  /** A byte: how many an address has. */
  readonly offsetSize: number;
}

/** Of versions 0 to 3 (format specification, II.A). */
export const superblockFields: readonly SuperblockFields[] = [
  { base: 24, endOfFile: 40, checksum: null, offsetSize: 13 },
  { base: 28, endOfFile: 44, checksum: null, offsetSize: 13 },
  { base: 12, endOfFile: 28, checksum: 44, offsetSize: 9 },
  { base: 12, endOfFile: 28, checksum: 44, offsetSize: 9 },
];

export interface Superblock {
  readonly rootAddress: number;
  /** Half the most entries of a symbol table node. */
  readonly leafK: number;
  /** Half the most children of a B-tree node. */
  readonly internalK: number;
  /** The same of the B-trees of chunks. */
  readonly chunkK: number;
}

/**
 * Reads the superblock, versions 0 to 3 (format specification, II.A).
 *
 * @throws CleaveError `HDF5_INVALID` for a truncated file, with both sizes
 */
export async function readSuperblock(file: Hdf5File): Promise<Superblock> {
  const cursor = await file.peek(0, Math.min(file.size, 100), "HDF5 superblock");
  if (Buffer.compare(cursor.bytes.subarray(0, signature.length), signature) !== 0) {
    cursor.fail("the HDF5 signature is not there");
  }
  cursor.skip(signature.length);
  const version = cursor.u8();
  if (version > 3) {
    throw new CleaveError("UNSUPPORTED", `HDF5 superblock version ${version} is not known.`);
  }
  const superblock = version < 2 ? readOld(cursor, version) : readNew(cursor);
  file.claim(0, cursor.at, "HDF5 superblock");
  if (superblock.endOfFile > file.size) {
    throw new CleaveError(
      "HDF5_INVALID",
      `Truncated: the HDF5 header says ${superblock.endOfFile} bytes, the file has ${file.size}. Take an intact copy.`,
      { rule: "KB705" },
    );
  }
  file.endAt(superblock.endOfFile);
  return superblock;
}

function readOld(cursor: Cursor, version: number): Superblock & { endOfFile: number } {
  cursor.skip(4); // versions of free space, root entry and shared headers, each with one value only
  expectEightByteFields(cursor);
  cursor.skip(1);
  const leafK = cursor.u16();
  const internalK = cursor.u16();
  cursor.skip(4);
  const chunkK = version === 0 ? defaultChunkK : cursor.u16();
  if (version === 1) cursor.skip(2);
  expectBase(cursor);
  cursor.skip(8);
  const endOfFile = cursor.u64();
  if (cursor.address() !== null) refuse("driver information");
  cursor.skip(8);
  const rootAddress = cursor.u64();
  cursor.skip(24);
  if (leafK === 0 || internalK === 0 || chunkK === 0)
    cursor.fail("a B-tree without room for entries");
  return { rootAddress, leafK, internalK, chunkK, endOfFile };
}

function readNew(cursor: Cursor): Superblock & { endOfFile: number } {
  expectEightByteFields(cursor);
  cursor.skip(1);
  expectBase(cursor);
  const extension = cursor.address();
  const endOfFile = cursor.u64();
  const rootAddress = cursor.u64();
  const computed = checksum(cursor.bytes.subarray(0, cursor.at));
  if (cursor.u32() !== computed) cursor.fail("the checksum does not match", -4);
  if (extension !== null) refuse("superblock extensions");
  return {
    rootAddress,
    leafK: defaultLeafK,
    internalK: defaultInternalK,
    chunkK: defaultChunkK,
    endOfFile,
  };
}

function expectEightByteFields(cursor: Cursor): void {
  const [offsets, lengths] = [cursor.u8(), cursor.u8()];
  if (offsets !== 8 || lengths !== 8) {
    refuse(`offsets of ${offsets} and lengths of ${lengths} bytes`);
  }
}

function expectBase(cursor: Cursor): void {
  const base = cursor.u64();
  if (base !== 0) refuse(`a base address of ${base}`);
}

function refuse(feature: string): never {
  throw new CleaveError(
    "UNSUPPORTED",
    `The HDF5 superblock has ${feature}, which Keras never writes. Rewrite the file with h5py's default options.`,
    { rule: "KH536" },
  );
}
