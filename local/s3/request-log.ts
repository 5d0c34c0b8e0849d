/** One request, as a bill or a trace of it would show it. */
export interface LoggedRequest {
  /** As in the API Reference: `GetObject`, `UploadPartCopy`. */
  readonly operation: string;
  readonly bucket: string;
  readonly key: string;
  /** `Range` or `x-amz-copy-source-range`, as it was sent. */
  readonly range: string | undefined;
  /** Of the answer; 0 while there is none, and where the connection was destroyed before it. */
  readonly status: number;
  /** Bytes of the body, decoded if it was `aws-chunked`. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Bytes that the server copied from one object to another. */
  readonly bytesCopied: number;
  /** By the clock of `performance.now()`. */
  readonly startedAt: number;
  /** NaN until the answer is complete or the connection gone. */
  readonly endedAt: number;
}

export interface Traffic {
  readonly requests: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly bytesCopied: number;
}

/** What has passed since the log was cleared, by operation and in all. */
export interface Counters {
  readonly operations: Readonly<Record<string, Traffic>>;
  readonly total: Traffic;
}

export function count(log: readonly LoggedRequest[]): Counters {
  const operations: Record<string, Traffic> = {};
  let total = nothing;
  for (const request of log) {
    operations[request.operation] = add(operations[request.operation] ?? nothing, request);
    total = add(total, request);
  }
  return { operations, total };
}

const nothing: Traffic = { requests: 0, bytesIn: 0, bytesOut: 0, bytesCopied: 0 };

function add(sum: Traffic, { bytesIn, bytesOut, bytesCopied }: LoggedRequest): Traffic {
  return {
    requests: sum.requests + 1,
    bytesIn: sum.bytesIn + bytesIn,
    bytesOut: sum.bytesOut + bytesOut,
    bytesCopied: sum.bytesCopied + bytesCopied,
  };
}
