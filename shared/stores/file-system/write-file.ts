import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { Layout } from "../../bytes/layout.ts";
import { CleaveError, quote } from "../../errors.ts";
import { makeFolder } from "./make-folder.ts";
import type { Moved, WriteOptions } from "../store.ts";
import { moveLayout } from "./move-layout.ts";

/**
 * Writes a layout to a file that appears under its name only when it is whole: into a temporary
 * file beside it, flushed to disk, renamed.
 *
 * @throws CleaveError `TARGET_EXISTS`; `IO`, and then nothing is left behind
 */
export async function writeFile(
  path: string,
  layout: Layout,
  options: WriteOptions,
): Promise<Moved> {
  try {
    const undo = await makeFolder(dirname(path));
    try {
      return await writeBeside(path, layout, options);
    } catch (error) {
      await undo();
      throw error;
    }
  } catch (cause) {
    if (cause instanceof CleaveError || options.signal?.aborted) throw cause;
    throw new CleaveError("IO", `Cannot write ${quote(path)}: ${(cause as Error).message}.`, {
      cause,
    });
  }
}

/** The temporary files this process is writing. */
const ownTemporaries = new Set<string>();

async function writeBeside(path: string, layout: Layout, options: WriteOptions): Promise<Moved> {
  if (!options.overwrite) await refuseExisting(path);
  await removeAbandoned(path);
  const folder = dirname(path);
  const temporary = resolve(folder, `${temporaryPrefix(path)}${process.pid}.partial`);
  if (ownTemporaries.has(temporary)) {
    throw new CleaveError("IO", `${quote(path)} is being written by this process already.`);
  }
  ownTemporaries.add(temporary);
  try {
    // In a container, a killed run had the same process id.
    await rm(temporary, { force: true });
    const file = await open(temporary, "wx");
    let moved: Moved;
    try {
      moved = await moveLayout(layout, file, options);
      await file.sync();
    } finally {
      await file.close();
    }
    if (!options.overwrite) await refuseExisting(path);
    await rename(temporary, path);
    await flushFolder(folder);
    return moved;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    ownTemporaries.delete(temporary);
  }
}

async function refuseExisting(path: string): Promise<void> {
  if (!(await exists(path))) return;
  throw new CleaveError(
    "TARGET_EXISTS",
    `${quote(path)} exists. Choose another name, or --force to replace it.`,
  );
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function temporaryPrefix(path: string): string {
  return `.${basename(path)}.`;
}

/** A run that was killed could not remove its temporary file; nobody else will. */
async function removeAbandoned(path: string): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder)) {
    const prefix = temporaryPrefix(path);
    if (!name.startsWith(prefix) || !name.endsWith(".partial")) continue;
    const processId = Number(name.slice(prefix.length, -".partial".length));
    if (Number.isInteger(processId) && !isRunning(processId))
      await rm(join(folder, name), { force: true });
  }
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Makes the new name itself durable; Windows cannot open a folder and does not need it. */
export async function flushFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
