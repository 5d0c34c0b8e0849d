import type { FileHandle } from "node:fs/promises";
import { chunkSize } from "../../bytes/chunk-buffers.ts";
import { combineCrc32, crc32 } from "../../bytes/crc32.ts";
import { isDeferred, isRange, type Deferred, type Layout } from "../../bytes/layout.ts";
import { ReadAhead } from "../../bytes/read-ahead.ts";
import type { ByteRange } from "../../bytes/source.ts";
import type { Moved, MoveOptions } from "../store.ts";

/**
 * Writes the segments of a layout after each other. A chunk is read while the one before it is
 * written; whatever the layout's size, two chunks are in memory.
 */
export async function moveLayout(
  { segments, size }: Layout,
  file: FileHandle,
  options: MoveOptions,
): Promise<Moved> {
  const sink = new ChunkSink(file, options);
  const ahead = new ReadAhead(segments.filter(isRange).filter(({ source }) => source.isRemote));
  // Loading it takes longer than moving a small model.
  const crypto = options.digest ? await import("node:crypto") : undefined;
  const crcs: number[] = [];
  const digests = new Map<ByteRange, string>();
  const deferred: { segment: Deferred; index: number; position: number }[] = [];
  /** The CRC-32 of the segments from `first` up to but without `end`. */
  const crcOf = (first: number, end: number): number => {
    let crc = 0;
    for (let i = first; i < end; i += 1) crc = combineCrc32(crc, crcs[i]!, segments[i]!.length);
    return crc;
  };

  for (const [index, segment] of segments.entries()) {
    if (isDeferred(segment)) {
      deferred.push({ segment, index, position: sink.position });
      await sink.put(new Uint8Array(segment.length));
      continue;
    }
    crcs[index] = 0;
    const hash = isRange(segment) ? crypto?.createHash("sha256") : undefined;
    const onBytes = (bytes: Uint8Array): void => {
      crcs[index] = crc32(bytes, crcs[index]);
      hash?.update(bytes);
    };
    if (isRange(segment)) await putRange(sink, segment, ahead, onBytes);
    else await sink.put(segment, onBytes);
    if (hash !== undefined && isRange(segment)) digests.set(segment, hash.digest("hex"));
  }
  await sink.finish();
  for (const { segment, index, position } of deferred) {
    const bytes = segment.make(segment.spans.map(({ first, end }) => crcOf(first, end)));
    crcs[index] = crc32(bytes);
    await file.write(bytes, 0, bytes.length, position);
  }
  const checksums = new Map(
    segments.flatMap((segment, index) => (isRange(segment) ? [[segment, crcs[index]!]] : [])),
  );
  return { size, crc32: crcOf(0, segments.length), checksums, digests };
}

async function putRange(
  sink: ChunkSink,
  { source, offset, length }: ByteRange,
  ahead: ReadAhead,
  onBytes: (bytes: Uint8Array) => void,
): Promise<void> {
  for (let done = 0; done < length;) {
    const room = await sink.room();
    const count = Math.min(room.length, length - done);
    const bytes = source.isRemote
      ? await ahead.read({ source, offset: offset + done, length: count }, room)
      : await source.read(offset + done, count, room);
    if (bytes.buffer !== room.buffer || bytes.byteOffset !== room.byteOffset) room.set(bytes);
    onBytes(bytes);
    sink.used(count);
    done += count;
  }
}

/** Gathers bytes into chunks and writes each while the next one is filled. */
class ChunkSink {
  /** In the file, of the next byte. */
  position = 0;
  readonly #file: FileHandle;
  readonly #options: MoveOptions;
  #filling = Buffer.allocUnsafe(chunkSize);
  #writing = Buffer.allocUnsafe(chunkSize);
  #filled = 0;
  #written: Promise<void> = Promise.resolve();

  constructor(file: FileHandle, options: MoveOptions) {
    this.#file = file;
    this.#options = options;
  }

  /** The part of the chunk that is still free. */
  async room(): Promise<Uint8Array> {
    if (this.#filled === chunkSize) await this.#flush();
    return this.#filling.subarray(this.#filled);
  }

  used(count: number): void {
    this.#filled += count;
    this.position += count;
  }

  async put(bytes: Uint8Array, onBytes?: (bytes: Uint8Array) => void): Promise<void> {
    onBytes?.(bytes);
    for (let done = 0; done < bytes.length;) {
      const room = await this.room();
      const part = bytes.subarray(done, done + room.length);
      room.set(part);
      this.used(part.length);
      done += part.length;
    }
  }

  async finish(): Promise<void> {
    await this.#flush();
    await this.#written;
  }

  async #flush(): Promise<void> {
    await this.#written;
    this.#options.signal?.throwIfAborted();
    [this.#filling, this.#writing] = [this.#writing, this.#filling];
    const count = this.#filled;
    this.#filled = 0;
    this.#written = this.#write(this.#writing, count, this.position - count);
    this.#written.catch(() => undefined); // reported by whoever awaits it next
  }

  async #write(buffer: Buffer, length: number, position: number): Promise<void> {
    for (let done = 0; done < length;) {
      done += (await this.#file.write(buffer, done, length - done, position + done)).bytesWritten;
    }
    this.#options.onProgress?.(length);
  }
}
