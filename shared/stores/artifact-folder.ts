import { mkdir, rm, rmdir, writeFile as writeMarker } from "node:fs/promises";
import { dirname, join } from "node:path";
import { layout, type Layout } from "../bytes/layout.ts";
import { CleaveError, quote } from "../errors.ts";
import { manifestFile } from "../manifest/names.ts";
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
  readonly #written: string[] = [];

  private constructor(folder: string, overwrite: boolean) {
    this.#folder = folder;
    this.#overwrite = overwrite;
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
    try {
      await mkdir(folder, { recursive: true });
      await writeMarker(marker, "");
    } catch (cause) {
      throw new CleaveError(
        "IO",
        `Cannot write to ${quote(folder)}: ${(cause as Error).message}.`,
        { cause },
      );
    }
    for (const name of [manifestFile, ...earlier]) await rm(join(folder, name), { force: true });
    return new ArtifactFolder(folder, overwrite || unfinished);
  }

  async write(name: string, content: Layout, options: MoveOptions): Promise<Moved> {
    const moved = await writeFile(join(this.#folder, name), content, {
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

  /** Removes what was written, and the folders where nothing else is in them. */
  async abandon(): Promise<void> {
    const names = [...this.#written, unfinishedMarker];
    for (const name of names) await rm(join(this.#folder, name), { force: true });
    const folders = new Set(names.map((name) => dirname(join(this.#folder, name))));
    for (const folder of [...folders, this.#folder]) await rmdir(folder).catch(() => undefined);
  }
}
