import type { ByteRange, ByteSource } from "./source.ts";

/** A range as a source of its own: an HDF5 file inside an archive. */
export function rangeSource(range: ByteRange): ByteSource {
  return {
    name: range.source.name,
    size: range.length,
    isRemote: range.source.isRemote ?? false,
    read: (offset, length, into) => range.source.read(range.offset + offset, length, into),
  };
}

/** The whole of a source. */
export function wholeRange(source: ByteSource): ByteRange {
  return { source, offset: 0, length: source.size };
}
