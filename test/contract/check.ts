import type { S3Client } from "@aws-sdk/client-s3";

/** What a server must have, or let us do, for a check to say anything about it. */
export type Need = "versions" | "new buckets";

/** A sentence about the API of S3, and the requests that show whether it holds. */
export interface Check {
  readonly name: string;
  readonly needs?: Need;
  /** @throws Mismatch where the server does otherwise */
  run(context: Context): Promise<void>;
}

/** What a check works with. Checks share nothing but `source`, which none of them changes. */
export interface Context {
  /** Adds no checksum to a request and compares none in an answer, so the server's own are seen. */
  readonly client: S3Client;
  /** As the SDK comes: a CRC-32 with every body, and compared with every answer. */
  readonly usual: S3Client;
  readonly bucket: string;
  /** All keys of this run begin with it. */
  readonly prefix: string;
  /** A key, or a prefix of keys, that no other check has. */
  newKey(name?: string): string;
  source(): Promise<Source>;
}

/** An object large enough to be copied by ranges. */
export interface Source {
  readonly key: string;
  readonly bytes: Buffer;
  readonly etag: string;
  /** For `CopySource`. */
  readonly location: string;
}
