/** Something that can be read at any offset: a file, a range of one, bytes in memory. */
export interface ByteSource {
  /** For messages: a file name or URI. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Whether a read is a request over a network: slow to come back, many may be under way. */
  readonly isRemote?: boolean;
  /** Of all its bytes, where whoever keeps them has computed it. */
  readonly crc32?: number | undefined;
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
