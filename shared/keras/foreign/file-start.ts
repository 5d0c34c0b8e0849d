import type { ByteSource } from "../../bytes/source.ts";

/** How much of a file is looked at before anything is known of it: one block of a tar, twice. */
const headLength = 1024;

/** A file of unknown kind and the bytes that it starts with. */
export interface FileStart {
  readonly source: ByteSource;
  readonly head: Uint8Array;
  /** The same, a character a byte. */
  readonly text: string;
}

export async function fileStart(source: ByteSource): Promise<FileStart> {
  return startOf(source, await source.read(0, Math.min(headLength, source.size)));
}

export function startOf(source: ByteSource, head: Uint8Array): FileStart {
  return { source, head, text: Buffer.from(head).toString("latin1") };
}

/** At most `length` bytes from `offset` on: fewer where the file ends before. */
export async function readUpTo(
  source: ByteSource,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const there = Math.max(0, Math.min(length, source.size - offset));
  return there === 0 ? new Uint8Array() : source.read(offset, there);
}

/** What a kind of file is and what to do about it; undefined where the file is of another kind. */
export type Describe = (start: FileStart) => Promise<string | undefined> | string | undefined;

/** "225,471,904 bytes", as people compare it with what a download page says. */
export function bytesText(count: number | bigint): string {
  return `${countText(count)} ${BigInt(count) === 1n ? "byte" : "bytes"}`;
}

export function countText(count: number | bigint): string {
  return count.toLocaleString("en-US");
}
