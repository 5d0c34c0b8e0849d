import { rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { layout, type Layout } from "../../bytes/layout.ts";
import { CleaveError, quote } from "../../errors.ts";
import { makeFolder } from "./make-folder.ts";
import type { ArtifactFolder, FolderPlan, Moved, MoveOptions } from "../store.ts";
import { exists, flushFolder, writeFile } from "./write-file.ts";

/** Holds the artifacts until all of them are there. */
export const stagingFolder = ".cleave-unfinished";

/**
 * The folder a model is split into. Its manifest is put there last: where there is one, everything
 * it names is complete.
 *
 * ```
 * begin: staging folder    write: artifacts into it    finish: out of it, the manifest last
 * ```
 *
 * Until `finish`, what stood in the folder is untouched. A run that dies leaves the staging folder,
 * by which the next one knows that artifacts without a manifest are a killed run's.
 */
export class StagedFolder implements ArtifactFolder {
  readonly #folder: string;
  readonly #plan: FolderPlan;
  readonly #staging: string;
  readonly #staged: string[] = [];
  /** What takes back the folders that were made. */
  readonly #undo: (() => Promise<void>)[];

  private constructor(folder: string, plan: FolderPlan, undo: () => Promise<void>) {
    this.#folder = folder;
    this.#plan = plan;
    this.#staging = join(folder, stagingFolder);
    this.#undo = [undo];
  }

  /** @throws CleaveError `TARGET_EXISTS` where the folder holds a finished split or files of the same names */
  static async begin(folder: string, plan: FolderPlan): Promise<StagedFolder> {
    const staging = join(folder, stagingFolder);
    const unfinished = await exists(staging);
    if (!plan.overwrite) {
      await refuseExisting(folder, [plan.manifest.name], "holds a split model already");
      if (!unfinished)
        await refuseExisting(folder, plan.names, "holds a file of an artifact's name");
    }
    await inFolder(folder, () => rm(staging, { recursive: true, force: true }));
    return new StagedFolder(folder, plan, await makeFolder(staging));
  }

  async write(name: string, content: Layout, options: MoveOptions): Promise<Moved> {
    const moved = await writeFile(join(this.#staging, name), content, {
      ...options,
      overwrite: false,
    });
    this.#staged.push(name);
    return moved;
  }

  async finish(manifest: string): Promise<void> {
    await this.write(this.#plan.manifest.name, layout([Buffer.from(manifest)]), {});
    const old = new Set([this.#plan.manifest.name, ...this.#plan.earlier]);
    await inFolder(this.#folder, async () => {
      if (this.#plan.overwrite)
        for (const name of old) await rm(join(this.#folder, name), { force: true });
      for (const name of this.#staged) {
        const target = join(this.#folder, name);
        this.#undo.push(await makeFolder(dirname(target)));
        await rename(join(this.#staging, name), target);
      }
      await flushFolder(this.#folder);
      await rm(this.#staging, { recursive: true, force: true });
    });
  }

  /** Removes what was staged and the folders made for it; what stood there before stays. */
  async abandon(): Promise<void> {
    await rm(this.#staging, { recursive: true, force: true });
    for (const undo of this.#undo.toReversed()) await undo();
  }
}

async function refuseExisting(
  folder: string,
  names: readonly string[],
  what: string,
): Promise<void> {
  for (const name of names) {
    if (!(await exists(join(folder, name)))) continue;
    throw new CleaveError(
      "TARGET_EXISTS",
      `${quote(folder)} ${what} (${name}). Choose another --out, or --force to replace it.`,
    );
  }
}

async function inFolder(folder: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (cause instanceof CleaveError) throw cause;
    throw new CleaveError("IO", `Cannot write to ${quote(folder)}: ${(cause as Error).message}.`, {
      cause,
    });
  }
}
