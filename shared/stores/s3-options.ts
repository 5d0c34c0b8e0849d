/** How S3 is reached. Without a client: by the environment, as every AWS program is. */
export interface S3Options {
  readonly client?: S3ClientLike | undefined;
  /** Milliseconds without a byte after which a body counts as lost; 20,000 unless said. */
  readonly stall?: number | undefined;
}

/** An `S3Client` of `@aws-sdk/client-s3`, whose own types would need Node's. */
export interface S3ClientLike {
  send(...args: never[]): unknown;
  destroy(): void;
}
