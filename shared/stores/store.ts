import type { Layout } from "../bytes/layout.ts";
import type { ByteRange } from "../bytes/source.ts";
import type { Location } from "./location.ts";
import type { FileSource } from "./stored-file.ts";
import type { Transfer } from "./transfer.ts";

/** Where models and artifacts are kept: the file system, S3. */
export interface Store {
  /** @throws CleaveError `NOT_FOUND`, `ACCESS_DENIED`, `IO` */
  open(location: Location): Promise<FileSource>;
  exists(location: Location): Promise<boolean>;
  isFolder(location: Location): Promise<boolean>;
  /** Of every file below a folder, its path in it with "/" between names. */
  list(folder: Location): Promise<string[]>;
  /** That among `others` which names the same file as `location`, whatever leads there. */
  sameAs(location: Location, others: readonly Location[]): Promise<Location | undefined>;
  /**
   * Writes a layout to a file that appears under its name only when it is whole.
   *
   * @throws CleaveError `TARGET_EXISTS`; `IO`, and then nothing is left behind
   */
  writeFile(location: Location, layout: Layout, options: WriteOptions): Promise<Moved>;
  /** How many artifacts are best written to a folder at a time. */
  readonly writesAtOnce: number;
  /** @throws CleaveError `TARGET_EXISTS` where the folder holds what the plan would replace */
  beginFolder(folder: Location, plan: FolderPlan): Promise<ArtifactFolder>;
  /** The container of S3, null of the file system, and the name in it. */
  placeOf(location: Location): { readonly bucket: string | null; readonly key: string };
  /** What went through a store that is elsewhere; null of the file system. */
  transfer(): Transfer | null;
}

/**
 * The folder a model is split into. Its manifest is put there last: where there is one, everything
 * it names is complete. Until `finish`, what stood in the folder is untouched.
 */
export interface ArtifactFolder {
  write(name: string, content: Layout, options: MoveOptions): Promise<Moved>;
  finish(manifest: string): Promise<void>;
  /** Removes what was made so far; what stood there before stays. */
  abandon(): Promise<void>;
}

export interface FolderPlan {
  /** What is written last and says that all is there; S3 keeps its schema's id in the object's metadata. */
  readonly manifest: { readonly name: string; readonly schema?: string };
  /** Names of the artifacts to be written, without the manifest. */
  readonly names: readonly string[];
  /** Names of the artifacts of the split that stands there, which goes. */
  readonly earlier: readonly string[];
  /** Replace an earlier split, and files of the same names. */
  readonly overwrite: boolean;
}

export interface MoveOptions {
  /** Compute the SHA-256 of every range that is moved. */
  readonly digest?: boolean;
  /** Called with the number of bytes moved since the last call. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface WriteOptions extends MoveOptions {
  /** Replace an existing file. */
  readonly overwrite: boolean;
}

export interface Moved {
  /** In bytes. */
  readonly size: number;
  readonly crc32: number;
  /** CRC-32 of ranges that were moved: of the layout's, or of pieces of them, or of several. */
  readonly checksums: ReadonlyMap<ByteRange, number>;
  /** SHA-256 in hexadecimal of each range, where asked for. */
  readonly digests: ReadonlyMap<ByteRange, string>;
}
