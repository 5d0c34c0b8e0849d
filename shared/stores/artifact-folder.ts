import { rm, writeFile as writeMarker } from "node:fs/promises";
import { dirname, join } from "node:path";
import { layout, type Layout } from "../bytes/layout.ts";
import { CleaveError, quote } from "../errors.ts";
import { manifestFile } from "../manifest/names.ts";
import { makeFolder } from "./make-folder.ts";
import type { MoveOptions, Moved } from "./move-layout.ts";
import { exists, writeFile } from "./write-file.ts";

/** Stands in the folder from before the first artifact until after the manifest. */
const unfinishedMarker = ".cleave-unfinished";

/**
 * The folder a model is split into. Its manifest is written last: where there is one, everything
 * it names is complete.
 *
 * ```
 * begin: marker    write: artifacts one by one    finish: manifest, marker removed
 * ```
 *
 * A run that dies leaves the marker; the next one then writes over what it left.
 */
export class ArtifactFolder {
  readonly #folder: string;
  readonly #overwrite: boolean;
  /** Files to remove when abandoned. */
  readonly #written: string[];
  /** What takes back the folders that were made. */
  readonly #undo: (() => Promise<void>)[];

  private constructor(
    folder: string,
    overwrite: boolean,
    written: string[],
    undo: () => Promise<void>,
  ) {
    this.#folder = folder;
    this.#overwrite = overwrite;
    this.#written = written;
    this.#undo = [undo];
  }

  /**
   * @param overwrite replace what an earlier split left, or files of the same names
   * @param earlier names of the artifacts of an earlier split, removed first
   * @throws CleaveError `TARGET_EXISTS` where the folder holds a finished split
   */
  static async begin(
    folder: string,
    overwrite: boolean,
    earlier: readonly string[] = [],
  ): Promise<ArtifactFolder> {
    const manifest = join(folder, manifestFile);
    if (!overwrite && (await exists(manifest))) {
      throw new CleaveError(
        "TARGET_EXISTS",
        `${quote(folder)} holds a split model already. Choose another --out, or --force to replace it.`,
      );
    }
    const marker = join(folder, unfinishedMarker);
    const unfinished = await exists(marker);
    const undo = await makeFolder(folder);
    try {
      await writeMarker(marker, "");
    } catch (cause) {
      await undo();
      throw new CleaveError(
        "IO",
        `Cannot write to ${quote(folder)}: ${(cause as Error).message}.`,
        { cause },
      );
    }
    for (const name of [manifestFile, ...earlier]) await rm(join(folder, name), { force: true });
    // Without the marker, the next run would take what the killed one left for somebody else's.
    const written = unfinished ? [] : [unfinishedMarker];
    return new ArtifactFolder(folder, overwrite || unfinished, written, undo);
  }

  async write(name: string, content: Layout, options: MoveOptions): Promise<Moved> {
    const path = join(this.#folder, name);
    this.#undo.push(await makeFolder(dirname(path)));
    const moved = await writeFile(path, content, {
      ...options,
      overwrite: this.#overwrite,
    });
    this.#written.push(name);
    return moved;
  }

  async finish(manifest: string): Promise<void> {
    await this.write(manifestFile, layout([Buffer.from(manifest)]), {});
    await rm(join(this.#folder, unfinishedMarker), { force: true });
  }

  /** Removes what was written and the folders made for it; what stood there before stays. */
  async abandon(): Promise<void> {
    for (const name of this.#written) await rm(join(this.#folder, name), { force: true });
    for (const undo of this.#undo.toReversed()) await undo();
  }
}
