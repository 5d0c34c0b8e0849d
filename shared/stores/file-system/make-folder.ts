import { mkdir, rmdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { CleaveError, quote } from "../../errors.ts";

/**
 * Makes a folder and those above it.
 *
 * @returns what takes them back: removes those that were made here, where nothing is in them
 * @throws CleaveError `IO`
 */
export async function makeFolder(folder: string): Promise<() => Promise<void>> {
  const topmost = await mkdir(folder, { recursive: true }).catch((cause: Error) => {
    throw new CleaveError("IO", `Cannot make the folder ${quote(folder)}: ${cause.message}.`, {
      cause,
    });
  });
  return async () => {
    if (topmost === undefined) return;
    for (let at = resolve(folder); at.startsWith(resolve(topmost)); at = dirname(at)) {
      await rmdir(at).catch(() => undefined);
    }
  };
}
