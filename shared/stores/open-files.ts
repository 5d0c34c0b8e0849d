import { openFile, type FileSource } from "./open-file.ts";

/** Files that are open until all of them are closed together. */
export class OpenFiles {
  readonly #files: FileSource[] = [];

  /** Of all of them, in bytes. */
  get size(): number {
    return this.#files.reduce((sum, { size }) => sum + size, 0);
  }

  get paths(): readonly string[] {
    return this.#files.map(({ name }) => name);
  }

  async open(path: string): Promise<FileSource> {
    const file = await openFile(path);
    this.#files.push(file);
    return file;
  }

  async close(): Promise<void> {
    await Promise.all(this.#files.splice(0).map((file) => file.close()));
  }
}
