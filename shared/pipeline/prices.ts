/** US dollars, us-east-1, S3 Standard and Lambda on arm64. */
export const prices = {
  asOf: "2025",
  /** PUT, COPY, POST and LIST; uploads of parts and their beginning and completion as well. */
  write: 0.005 / 1000,
  /** GET, HEAD and all others. */
  read: 0.0004 / 1000,
  gigabyteSecond: 0.0000133334,
};

/** Not charged for. */
const free = new Set(["AbortMultipartUpload", "DeleteObject"]);
const reads = new Set(["GetObject", "HeadObject"]);

/** @param requests by kind, as S3 names them */
export function billed(requests: Readonly<Record<string, number>>): {
  readonly reads: number;
  readonly writes: number;
} {
  let [read, written] = [0, 0];
  for (const [kind, count] of Object.entries(requests)) {
    if (free.has(kind)) continue;
    if (reads.has(kind)) read += count;
    else written += count;
  }
  return { reads: read, writes: written };
}
