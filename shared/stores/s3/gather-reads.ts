/** Less than this between two reads is read with them; a request costs about as much time. */
const smallGap = 32 * 1024;
/** The most that neighbours are joined to. */
const mostJoined = 1024 * 1024;

interface Wanted {
  readonly offset: number;
  readonly into: Uint8Array;
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Collects the small reads that are made at the same time and joins those that are neighbours: the
 * headers of many small tensors become a few requests.
 *
 * @param fetch reads a range into a buffer
 */
export function gatherReads(
  fetch: (offset: number, into: Uint8Array) => Promise<void>,
): (offset: number, into: Uint8Array) => Promise<Uint8Array> {
  let waiting: Wanted[] = [];

  const serve = async (group: readonly Wanted[], start: number, end: number): Promise<void> => {
    try {
      const [only] = group;
      const bytes = group.length === 1 ? only!.into : Buffer.allocUnsafe(end - start);
      await fetch(start, bytes);
      for (const { offset, into, resolve } of group) {
        if (bytes !== into) into.set(bytes.subarray(offset - start, offset - start + into.length));
        resolve(into);
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  };

  const flush = (): void => {
    const wanted = waiting.toSorted((a, b) => a.offset - b.offset);
    waiting = [];
    for (let first = 0; first < wanted.length;) {
      const start = wanted[first]!.offset;
      let end = start + wanted[first]!.into.length;
      let next = first + 1;
      for (; next < wanted.length; next += 1) {
        const { offset, into } = wanted[next]!;
        const joined = Math.max(end, offset + into.length);
        if (offset - end > smallGap || joined - start > mostJoined) break;
        end = joined;
      }
      void serve(wanted.slice(first, next), start, end);
      first = next;
    }
  };

  return (offset, into) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ offset, into, resolve, reject });
    });
}
