/** What a verb moved through a store, and how it asked for it. */
export interface Transfer {
  /** Inside the store, from object to object. */
  readonly bytesCopied: number;
  /** From the store to this process. */
  readonly bytesRead: number;
  /** From this process to the store. */
  readonly bytesSent: number;
  /** By kind, as S3 names them: GetObject, UploadPartCopy, … */
  readonly requests: Readonly<Record<string, number>>;
  /** Requests that were sent again. */
  readonly retries: number;
  readonly seconds: number;
  /** What could not be done the cheap way, and what was done instead. */
  readonly notes: readonly string[];
}
