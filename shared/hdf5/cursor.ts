import { CleaveError } from "../errors.ts";
import { defectRule } from "./defect-rule.ts";

/** Beyond it, a number of 64 bits is no exact number in JavaScript, nor the size of any file. */
const largestHighHalf = 0x1f_ffff;

/** Reads little-endian fields of one structure, never past its end. */
export class Cursor {
  at = 0;
  readonly bytes: Uint8Array;
  readonly #offset: number;
  readonly #what: string;

  /**
   * @param offset where the structure starts in the file
   * @param what the structure's name, for messages
   */
  constructor(bytes: Uint8Array, offset: number, what: string) {
    // A Buffer's slice() shares memory where a Uint8Array's copies.
    this.bytes = Buffer.isBuffer(bytes)
      ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      : bytes;
    this.#offset = offset;
    this.#what = what;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  /** Where in the file the next field stands. */
  get fileOffset(): number {
    return this.#offset + this.at;
  }

  u8(): number {
    return this.bytes[this.#advance(1)]!;
  }

  u16(): number {
    const at = this.#advance(2);
    return this.bytes[at]! | (this.bytes[at + 1]! << 8);
  }

  u32(): number {
    return this.#u32At(this.#advance(4));
  }

  /** A length or offset; refused where it exceeds what a file can have. */
  u64(): number {
    const at = this.#advance(8);
    const low = this.#u32At(at);
    const high = this.#u32At(at + 4);
    if (high > largestHighHalf) {
      this.fail(`${(BigInt(high) << 32n) | BigInt(low)} is beyond the end of file`);
    }
    return high * 2 ** 32 + low;
  }

  /** An unsigned integer of 1, 2, 4 or 8 bytes. */
  uint(width: number): number {
    return width === 1
      ? this.u8()
      : width === 2
        ? this.u16()
        : width === 4
          ? this.u32()
          : this.u64();
  }

  /** An address, or null for HDF5's undefined one, all bits set (format specification, I.C). */
  address(): number | null {
    const { at, bytes } = this;
    let set = 0;
    while (set < 8 && bytes[at + set] === 0xff) set += 1;
    if (set < 8) return this.u64();
    this.at += 8;
    return null;
  }

  take(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.bytes.subarray(start, start + length);
  }

  skip(length: number): void {
    this.#advance(length);
  }

  /** Skips to the next multiple of 8 from the structure's start, or to its end. */
  align8(): void {
    this.at = Math.min(Math.ceil(this.at / 8) * 8, this.bytes.length);
  }

  /** Bytes up to a NUL, which is passed over. */
  cString(): Uint8Array {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0) this.fail("a name has no end");
    const found = this.bytes.subarray(this.at, end);
    this.at = end + 1;
    return found;
  }

  signature(expected: string): void {
    const found = Buffer.from(this.take(expected.length)).toString("latin1");
    if (found !== expected) this.fail(`the signature "${expected}" is not there`, -expected.length);
  }

  /** @throws CleaveError `HDF5_INVALID` naming the structure and the byte offset in the file */
  fail(problem: string, relative = 0): never {
    throw new CleaveError(
      "HDF5_INVALID",
      `${this.#what} at byte ${this.fileOffset + relative}: ${problem}. The file is damaged; take an intact copy.`,
      { rule: defectRule(this.#what, problem) },
    );
  }

  /** @throws CleaveError `UNSUPPORTED` naming the structure, the byte offset and the feature */
  refuse(feature: string): never {
    throw new CleaveError(
      "UNSUPPORTED",
      `${this.#what} at byte ${this.fileOffset}: ${feature} are not supported; Keras never writes them.`,
      { rule: this.#what.includes("datatype") ? "KH560" : "KH563" },
    );
  }

  #u32At(at: number): number {
    const { bytes } = this;
    const low = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
    return low + bytes[at + 3]! * 2 ** 24;
  }

  #advance(length: number): number {
    if (length > this.left) this.fail("the structure ends before its fields do");
    const start = this.at;
    this.at += length;
    return start;
  }
}
