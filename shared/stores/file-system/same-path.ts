import { realpath } from "node:fs/promises";

/** The path among `others` that names the same file as `path`, whatever links lead there. */
export async function samePath(
  path: string,
  others: readonly string[],
): Promise<string | undefined> {
  const real = await realpath(path).catch(() => undefined);
  for (const other of others) {
    if (real !== undefined && (await realpath(other).catch(() => undefined)) === real) return other;
  }
  return undefined;
}
