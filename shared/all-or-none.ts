import pLimit from "p-limit";

/**
 * Works on all items, at most `most` at a time. After a failure no further one is begun, and it is
 * thrown when those under way have ended, so that what they leave can be cleaned up.
 *
 * @returns results in the order of the items
 */
export async function allOrNone<T, R>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const limit = pLimit(most);
  let failure: { readonly error: unknown } | undefined;
  const results: R[] = [];
  await Promise.all(
    items.map((item, index) =>
      limit(async () => {
        if (failure !== undefined) return;
        try {
          results[index] = await work(item);
        } catch (error) {
          failure ??= { error };
        }
      }),
    ),
  );
  if (failure !== undefined) throw failure.error;
  return results;
}

/**
 * As `Promise.all`, but a failure is thrown when all have ended, so that none is at work on what its
 * caller then closes.
 */
export async function allEnded<T extends readonly unknown[]>(work: {
  readonly [K in keyof T]: Promise<T[K]>;
}): Promise<T> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
