import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileSystem } from "./file-system/file-system.ts";
import { below, isS3, type Location } from "./location.ts";
import type { S3Options } from "./s3-options.ts";
import type { S3Store } from "./s3/s3-store.ts";
import type { Store } from "./store.ts";
import type { FileSource } from "./stored-file.ts";
import type { Transfer } from "./transfer.ts";

/** How stores are reached and stopped. */
export interface StoreOptions {
  /** S3 is reached as the environment says, unless said here. */
  readonly s3?: S3Options | undefined;
  /** Stops reading and writing. */
  readonly signal?: AbortSignal | undefined;
}

/** The files of one verb, wherever they are: open until all of them are closed together. */
export class OpenFiles {
  readonly #options: StoreOptions;
  #s3: Promise<S3Store> | undefined;
  readonly #files: FileSource[] = [];
  #temporaryFolder: Promise<string> | undefined;
  readonly #temporaryPaths = new Set<string>();

  constructor(options: StoreOptions = {}) {
    this.#options = options;
  }

  /** Of all but temporary files. */
  get paths(): readonly Location[] {
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

  /** The store that a location belongs to. */
  async storeOf(location: Location): Promise<Store> {
    if (!isS3(location)) return fileSystem;
    // Loaded when it is needed: the SDK takes longer than a small model.
    this.#s3 ??= import("./s3/s3-store.ts").then(
      ({ S3Store: Class }) => new Class(this.#options.s3 ?? {}, this.#options.signal),
    );
    return this.#s3;
  }

  async open(location: Location): Promise<FileSource> {
    const file = await (await this.storeOf(location)).open(location);
    this.#files.push(file);
    return file;
  }

  /** Every file below a folder, by its path in it with "/" between names. */
  async openFolder(folder: Location): Promise<Map<string, FileSource>> {
    const files = new Map<string, FileSource>();
    for (const name of await (await this.storeOf(folder)).list(folder)) {
      files.set(name, await this.open(below(folder, name)));
    }
    return files;
  }

  async exists(location: Location): Promise<boolean> {
    return (await this.storeOf(location)).exists(location);
  }

  async isFolder(location: Location): Promise<boolean> {
    return (await this.storeOf(location)).isFolder(location);
  }

  /** What went through S3 so far; null where S3 had no part in it. */
  async transfer(): Promise<Transfer | null> {
    return (await this.#s3)?.transfer() ?? null;
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
