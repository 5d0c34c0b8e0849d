import { rmSync } from "node:fs";
import { open } from "node:fs/promises";

/** A file that is written once and then only read. Removed with the last reference to it. */
export interface StoredFile {
  readonly path: string;
  readonly size: number;
  /** How many contents that are in use have an extent in it. */
  references: number;
  /** Digests of ranges already read, by algorithm, offset and length. */
  readonly digests: Map<string, Promise<string>>;
}

/** A range of a file; of no file when it is a run of zeros, which takes no space. */
export interface Extent {
  readonly file: StoredFile | undefined;
  readonly offset: number;
  readonly length: number;
}

/** The bytes of an object or part. Copies share files, so that copying moves nothing. */
export type Content = readonly Extent[];

const chunkSize = 256 * 1024;
const zeros = Buffer.alloc(chunkSize);

export function sizeOf(content: Content): number {
  return content.reduce((sum, { length }) => sum + length, 0);
}

export function fileContent(path: string, size: number): Content {
  return [{ file: { path, size, references: 0, digests: new Map() }, offset: 0, length: size }];
}

export function slice(content: Content, offset: number, length: number): Content {
  const found: Extent[] = [];
  let position = 0;
  for (const extent of content) {
    const start = Math.max(offset, position);
    const end = Math.min(offset + length, position + extent.length);
    if (start < end) {
      found.push({ ...extent, offset: extent.offset + start - position, length: end - start });
    }
    position += extent.length;
  }
  return found;
}

/** Contents after each other; neighbours in one file become one extent. */
export function join(contents: Iterable<Content>): Content {
  const joined: Extent[] = [];
  for (const content of contents) {
    for (const extent of content) {
      const last = joined.at(-1);
      const continues =
        last?.file === extent.file &&
        (extent.file === undefined || last!.offset + last!.length === extent.offset);
      if (last !== undefined && continues) {
        joined[joined.length - 1] = { ...last, length: last.length + extent.length };
      } else {
        joined.push(extent);
      }
    }
  }
  return joined;
}

/** In pieces of up to 256 KiB, which must not be changed. */
export async function* readContent(content: Content): AsyncGenerator<Uint8Array> {
  for (const extent of content) yield* readExtent(extent);
}

async function* readExtent({ file, offset, length }: Extent): AsyncGenerator<Uint8Array> {
  if (file === undefined) {
    for (let rest = length; rest > 0; rest -= chunkSize) {
      yield rest < chunkSize ? zeros.subarray(0, rest) : zeros;
    }
    return;
  }
  if (length === 0) return;
  const handle = await open(file.path);
  try {
    for (let done = 0; done < length;) {
      const buffer = Buffer.allocUnsafe(Math.min(chunkSize, length - done));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset + done);
      if (bytesRead === 0) throw new Error(`${file.path} is shorter than it was.`);
      yield buffer.subarray(0, bytesRead);
      done += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

export function retain(content: Content): void {
  for (const { file } of content) if (file !== undefined) file.references += 1;
}

/** Every `retain` needs one. Synchronous, so that no request sees a file half removed. */
export function release(content: Content): void {
  for (const { file } of content) {
    if (file === undefined) continue;
    file.references -= 1;
    if (file.references === 0) rmSync(file.path, { force: true });
  }
}
