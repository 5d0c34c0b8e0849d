/** Writes little-endian fields into a buffer of known size; what is skipped stays zero. */
export class ByteWriter {
  at = 0;
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(value: number): void {
    this.#view.setUint8(this.at, value);
    this.at += 1;
  }

  u16(value: number): void {
    this.#view.setUint16(this.at, value, true);
    this.at += 2;
  }

  u32(value: number): void {
    this.#view.setUint32(this.at, value, true);
    this.at += 4;
  }

  u64(value: number | bigint): void {
    this.#view.setBigUint64(this.at, BigInt(value), true);
    this.at += 8;
  }

  put(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  text(ascii: string): void {
    this.put(Buffer.from(ascii, "latin1"));
  }

  skip(length: number): void {
    this.at += length;
  }

  align8(): void {
    this.at = roundUp8(this.at);
  }
}

export function roundUp8(size: number): number {
  return Math.ceil(size / 8) * 8;
}
