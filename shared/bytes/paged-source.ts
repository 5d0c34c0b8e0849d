import type { ByteSource } from "./source.ts";

/**
 * Small pages: metadata of a Keras file is spread between its tensors, so a larger page would
 * mostly fetch tensor bytes.
 */
const localPage = 4096;
/** What stands in the next page is often wanted next, and a request costs more than a page. */
const remotePage = 8192;
/** 8 MiB of metadata at hand; older pages are read again when needed. */
const cacheSize = 8 * 1024 * 1024;

/**
 * Reads through a cache of pages, so that the many small structures that stand beside each other
 * cost one read. Neighbouring pages that are missing are read in one go; what is larger than
 * the cache is read past it.
 */
export function pagedSource(source: ByteSource): ByteSource {
  const pages = new Map<number, Uint8Array | Promise<Uint8Array>>();
  const pageSize = source.isRemote ? remotePage : localPage;
  const slabSize = 64 * pageSize;
  const mostPages = cacheSize / pageSize;

  let slab = new Uint8Array();
  /** Room for pages; many small buffers of their own would cost more than the reads. */
  const room = (length: number): Uint8Array => {
    if (slab.length < length)
      slab = new Uint8Array(Math.max(Math.min(slabSize, source.size), length));
    const taken = slab.subarray(0, length);
    slab = slab.subarray(length);
    return taken;
  };

  const load = (first: number, end: number): void => {
    const start = first * pageSize;
    const length = Math.min(end * pageSize, source.size) - start;
    const run = source.read(start, length, room(length));
    for (let page = first; page < end; page += 1) {
      const from = (page - first) * pageSize;
      const arriving = run.then((bytes) => {
        const arrived = bytes.subarray(from, from + pageSize);
        if (pages.get(page) === arriving) pages.set(page, arrived);
        return arrived;
      });
      arriving.catch(() => undefined); // whoever reads the page gets it
      pages.set(page, arriving);
    }
  };

  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    if (length > (mostPages / 4) * pageSize) return source.read(offset, length);
    const first = Math.floor(offset / pageSize);
    const from = offset - first * pageSize;
    const known = pages.get(first);
    if (known instanceof Uint8Array && from + length <= known.length) {
      return known.subarray(from, from + length);
    }
    const end = Math.ceil((offset + length) / pageSize);
    for (let page = first; page < end; page += 1) {
      let missing = page;
      while (missing < end && !pages.has(missing)) missing += 1;
      if (missing > page) load(page, missing);
    }
    const parts: Promise<Uint8Array>[] = [];
    for (let page = first; page < end; page += 1) parts.push(Promise.resolve(pages.get(page)!));
    for (const page of pages.keys()) {
      if (pages.size <= mostPages) break;
      pages.delete(page);
    }
    const arrived = await Promise.all(parts);
    const bytes = arrived.length === 1 ? arrived[0]! : Buffer.concat(arrived);
    return bytes.subarray(from, from + length);
  };

  return { name: source.name, size: source.size, isRemote: source.isRemote ?? false, read };
}
