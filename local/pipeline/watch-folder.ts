import { watch } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A file that has not grown for so many milliseconds is whole. */
const settled = 300;

/**
 * Calls for every file in a folder, and for each that is put or replaced there, once it is whole.
 *
 * @param found gets the path, and the path in the folder with "/" between names
 */
export async function watchFolder(
  folder: string,
  found: (path: string, key: string) => Promise<void>,
): Promise<{ close(): void }> {
  const waiting = new Set<string>();
  const take = async (path: string): Promise<void> => {
    if (waiting.has(path)) return;
    waiting.add(path);
    try {
      if (await settle(path)) await found(path, relative(folder, path).split(sep).join("/"));
    } finally {
      waiting.delete(path);
    }
  };
  const watcher = watch(folder, { recursive: true }, (_, name) => {
    if (name !== null && !hidden.test(name)) void take(join(folder, name));
  });
  for (const name of await readdir(folder, { recursive: true })) {
    if (!hidden.test(name)) await take(join(folder, name));
  }
  return watcher;
}

const hidden = /(?:^|[/\\])\./;

/** @returns false where there is no such file (any more) */
async function settle(path: string): Promise<boolean> {
  let before = -1;
  for (;;) {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || !found.isFile()) return false;
    if (found.size === before) return true;
    before = found.size;
    await sleep(settled);
  }
}
