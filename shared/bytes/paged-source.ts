import type { ByteSource } from "./source.ts";

/**
 * Small: metadata of a Keras file is spread between its tensors, so a larger page would mostly fetch
 * tensor bytes.
 */
const pageSize = 4096;
/** Older pages than these are read again when needed; that costs more where it is a request. */
const mostPages = { local: 256, remote: 2048 };

interface Page {
  readonly memory: Uint8Array;
  /** What has been read into it; less than a page at the end of the source. */
  bytes: Uint8Array | Promise<Uint8Array>;
  /** Reads that still need it. */
  readers: number;
}

/**
 * Reads through a cache of pages, so that the many small structures that stand beside each other
 * cost one read. Neighbouring pages that are missing are read in one go; what is long is read past
 * the cache.
 *
 * What a read gives is a copy, so that the memory of pages which go is that of those which come. New
 * memory for each would be there until the collector comes, all metadata of a large file together.
 */
export function pagedSource(source: ByteSource): ByteSource {
  const { name, size, isRemote = false } = source;
  const held = isRemote ? mostPages.remote : mostPages.local;
  /** Through the cache: structures of metadata are small. */
  const longestRead = (held / 4) * pageSize;
  /** The oldest first. */
  const pages = new Map<number, Page>();
  const free: Uint8Array[] = [];

  const load = (first: number, end: number): void => {
    const start = first * pageSize;
    const length = Math.min(end * pageSize, size) - start;
    const memory = Array.from(
      { length: end - first },
      () => free.pop() ?? new Uint8Array(pageSize),
    );
    const run = source.read(start, length, memory.length === 1 ? memory[0] : undefined);
    for (const [index, own] of memory.entries()) {
      const bytes = run.then((arrived) => {
        const part = arrived.subarray(index * pageSize, (index + 1) * pageSize);
        own.set(part);
        return (page.bytes = own.subarray(0, part.length));
      });
      bytes.catch(() => undefined); // whoever reads the page gets it
      const page: Page = { memory: own, bytes, readers: 0 };
      pages.set(first + index, page);
    }
  };

  const removeOldest = (): void => {
    for (const number of pages.keys()) {
      if (pages.size <= held) return;
      const { memory, bytes, readers } = pages.get(number)!;
      if (readers > 0) continue;
      pages.delete(number);
      if (bytes instanceof Uint8Array) free.push(memory);
    }
  };

  const readPages = async (offset: number, length: number): Promise<Uint8Array> => {
    const first = Math.floor(offset / pageSize);
    const end = Math.ceil((offset + length) / pageSize);
    for (let number = first; number < end; number += 1) {
      let missing = number;
      while (missing < end && !pages.has(missing)) missing += 1;
      if (missing > number) load(number, missing);
    }
    const wanted: Page[] = [];
    for (let number = first; number < end; number += 1) wanted.push(pages.get(number)!);
    for (const page of wanted) page.readers += 1;
    if (pages.size > held) removeOldest();
    try {
      const parts = await Promise.all(wanted.map(async ({ bytes }) => bytes));
      const from = offset - first * pageSize;
      const wholes = parts.map((part, index) => (index === 0 ? part.subarray(from) : part));
      const there = wholes.reduce((sum, part) => sum + part.length, 0);
      return Buffer.concat(wholes, Math.min(length, there));
    } finally {
      for (const page of wanted) page.readers -= 1;
    }
  };

  const read = (offset: number, length: number): Promise<Uint8Array> => {
    if (length > longestRead) return source.read(offset, length);
    const first = Math.floor(offset / pageSize);
    const from = offset - first * pageSize;
    const known = pages.get(first)?.bytes;
    return known instanceof Uint8Array && from + length <= known.length
      ? Promise.resolve(known.slice(from, from + length))
      : readPages(offset, length);
  };

  return { name, size, isRemote, read };
}
