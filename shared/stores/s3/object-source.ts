import type { FileSource } from "../stored-file.ts";
import { gatherReads } from "./gather-reads.ts";
import type { S3Object } from "./object.ts";
import { readRange } from "./read-range.ts";
import type { Requests } from "./requests.ts";
import { spool } from "./spool.ts";

const MiB = 1024 * 1024;

/** An object that is read by ranges, and may be copied from. */
export interface ObjectSource extends FileSource {
  readonly object: S3Object;
}

/** Up to this an object is read at once: a few large requests cost less than many small ones. */
const smallObject = 16 * MiB;
const windowSize = 4 * MiB;
/** What a file is and how it begins is asked for by several readers in turn. */
const headSize = 64 * 1024;
/** Up to this reads wait for others to be joined with. */
const smallRead = 256 * 1024;
/**
 * Metadata is dense where so many small requests have brought so much of an object: a few large
 * requests for all of it are sooner done then, and a temporary file may hold it.
 */
const dense = { requests: 256, share: 1 / 8, most: 256 * MiB };

/** Reads go to one version; one that is overwritten meanwhile is refused, never mixed. */
export function objectSource(requests: Requests, object: S3Object, stall: number): ObjectSource {
  const { location, size, crc32 } = object;
  const fetch = (offset: number, into: Uint8Array): Promise<void> =>
    readRange(requests, object, offset, into, stall);

  let smallRequests = 0;
  let smallBytes = 0;
  const gathered = gatherReads((offset, into) => {
    smallRequests += 1;
    smallBytes += into.length;
    return fetch(offset, into);
  });
  const isDense = (): boolean =>
    size <= dense.most && smallRequests >= dense.requests && smallBytes >= size * dense.share;

  const direct = { name: location, size, isRemote: true };
  const keptSize = size <= smallObject ? size : headSize;
  let kept: Promise<Uint8Array> | undefined;
  const keep = async (): Promise<Uint8Array> => {
    const bytes = new Uint8Array(keptSize);
    const windows: Promise<void>[] = [];
    for (let at = 0; at < keptSize; at += windowSize) {
      windows.push(fetch(at, bytes.subarray(at, at + windowSize)));
    }
    await Promise.all(windows);
    return bytes;
  };
  let spooled: Promise<FileSource> | undefined;
  const fetchInto = async (offset: number, length: number, into?: Uint8Array) => {
    const target = into?.subarray(0, length) ?? Buffer.allocUnsafeSlow(length);
    await fetch(offset, target);
    return target;
  };

  const read = async (offset: number, length: number, into?: Uint8Array): Promise<Uint8Array> => {
    const target = into?.subarray(0, length) ?? Buffer.allocUnsafeSlow(length);
    if (length === 0) return target;
    if (offset + length <= keptSize) {
      kept ??= keep();
      target.set((await kept).subarray(offset, offset + length));
    } else if (spooled !== undefined || isDense()) {
      spooled ??= spool({ ...direct, read: fetchInto });
      await (await spooled).read(offset, length, target);
    } else if (length <= smallRead) await gathered(offset, target);
    else await fetch(offset, target);
    return target;
  };
  return {
    ...direct,
    crc32,
    version: object.version ?? null,
    checksum: object.checksum,
    object,
    read,
    close: async () => (await spooled?.catch(() => undefined))?.close(),
  };
}

export function isObjectSource(source: object): source is ObjectSource {
  return "object" in source;
}
