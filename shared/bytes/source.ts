/** Something that can be read at any offset: a file, a range of one, bytes in memory. */
export interface ByteSource {
  /** For messages: a file name or URI. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`, both within the size.
   *
   * @param into a buffer to reuse; the result is its first `length` bytes
   */
  read(offset: number, length: number, into?: Uint8Array): Promise<Uint8Array>;
}

/** `length` bytes of a source, from `offset`. */
export interface ByteRange {
  readonly source: ByteSource;
  readonly offset: number;
  readonly length: number;
}
