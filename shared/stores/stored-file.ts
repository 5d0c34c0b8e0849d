import type { ByteSource } from "../bytes/source.ts";

/** A file or object, open until `close`. */
export interface FileSource extends ByteSource {
  /** Which of the versions that its store keeps; null where it keeps none. */
  readonly version: string | null;
  /** What its store states of its bytes. */
  readonly checksum: { readonly algorithm: string; readonly value: string } | null;
  close(): Promise<void>;
}
