import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { CleaveError, quote } from "../errors.ts";
import { checkLimit } from "../limits.ts";
import { openFile, type FileSource } from "./open-file.ts";

/** Files that are open until all of them are closed together. */
export class OpenFiles {
  readonly #files: FileSource[] = [];
  #temporaryFolder: Promise<string> | undefined;
  readonly #temporaryPaths = new Set<string>();

  /** Of all but temporary files. */
  get paths(): readonly string[] {
    return this.#lasting.map(({ name }) => name);
  }

  /** Of all but temporary files together, in bytes. */
  get size(): number {
    return this.#lasting.reduce((sum, { size }) => sum + size, 0);
  }

  /** Whether something had to be unpacked, so that sizes are not those in the files. */
  get isUnpacking(): boolean {
    return this.#temporaryPaths.size > 0;
  }

  get #lasting(): readonly FileSource[] {
    return this.#files.filter(({ name }) => !this.#temporaryPaths.has(name));
  }

  async open(path: string): Promise<FileSource> {
    const file = await openFile(path);
    this.#files.push(file);
    return file;
  }

  /** Every file below a folder, by its path in it with "/" between names. */
  async openFolder(folder: string): Promise<Map<string, FileSource>> {
    const options = { recursive: true, withFileTypes: true } as const;
    const entries = await readdir(folder, options).catch((cause: Error) => {
      throw new CleaveError("IO", `Cannot read the folder ${quote(folder)}: ${cause.message}.`, {
        cause,
      });
    });
    const files = new Map<string, FileSource>();
    for (const entry of entries.filter((found) => !found.isDirectory())) {
      const path = join(entry.parentPath, entry.name);
      files.set(relative(folder, path).split(sep).join("/"), await this.open(path));
      checkLimit("filesInFolder", files.size, quote(folder));
    }
    return files;
  }

  /**
   * A path where no file is yet, for what has to be unpacked before it can be read at any offset.
   * What is written there is removed when the files are closed.
   */
  async temporaryPath(): Promise<string> {
    this.#temporaryFolder ??= mkdtemp(join(tmpdir(), "cleave-"));
    const path = join(await this.#temporaryFolder, `${this.#temporaryPaths.size}`);
    this.#temporaryPaths.add(path);
    return path;
  }

  async close(): Promise<void> {
    await Promise.all(this.#files.splice(0).map((file) => file.close()));
    if (this.#temporaryFolder === undefined) return;
    await rm(await this.#temporaryFolder, { recursive: true, force: true });
    this.#temporaryFolder = undefined;
  }
}
