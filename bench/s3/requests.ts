import type { LoggedRequest } from "../../local/s3/server.ts";

/** What a command asked of the server, from the server's log. */
export interface Seen {
  /** By operation. */
  readonly requests: Readonly<Record<string, number>>;
  /** Bodies that came to the process, that left it, and what the server copied. */
  readonly read: number;
  readonly sent: number;
  readonly copied: number;
  /** Reads before anything is written: metadata. */
  readonly metadata: { readonly gets: number; readonly bytes: number };
  /** The most reads that were under way at a time. */
  readonly readsAtOnce: number;
  readonly multipartObjects: number;
  /** The most that was sent of one object made of parts. */
  readonly sentOfObject: number;
  /** From the first request to the end of the last one. */
  readonly seconds: number;
  readonly chain: number;
  readonly causalChain: number;
}

export function seenIn(log: readonly LoggedRequest[]): Seen {
  const requests: Record<string, number> = {};
  for (const { operation } of log) requests[operation] = (requests[operation] ?? 0) + 1;
  const gets = log.filter(isGet);
  const firstWrite = Math.min(...log.filter(isWrite).map(({ startedAt }) => startedAt));
  const metadata = gets.filter(({ startedAt }) => startedAt < firstWrite);
  const sent = new Map<string, number>();
  for (const { key, operation, bytesIn } of log) {
    if (operation === "CreateMultipartUpload") sent.set(key, sent.get(key) ?? 0);
    if (operation === "UploadPart") sent.set(key, (sent.get(key) ?? 0) + bytesIn);
  }
  const starts = Math.min(...log.map(({ startedAt }) => startedAt));
  const ends = Math.max(...log.map(({ endedAt }) => endedAt));
  return {
    requests,
    read: sum(gets.map(({ bytesOut }) => bytesOut)),
    sent: sum(log.filter(isUpload).map(({ bytesIn }) => bytesIn)),
    copied: sum(log.map(({ bytesCopied }) => bytesCopied)),
    metadata: { gets: metadata.length, bytes: sum(metadata.map(({ bytesOut }) => bytesOut)) },
    readsAtOnce: mostAtOnce(gets),
    multipartObjects: sent.size,
    sentOfObject: Math.max(0, ...sent.values()),
    seconds: (ends - starts) / 1000,
    chain: longestChain(log, ({ startedAt }) => startedAt),
    causalChain: longestChain(log, askedWithoutLimits(log)),
  };
}

function isGet({ operation }: LoggedRequest): boolean {
  return operation === "GetObject";
}

function isUpload({ operation }: LoggedRequest): boolean {
  return operation === "PutObject" || operation === "UploadPart";
}

function isWrite({ operation }: LoggedRequest): boolean {
  return operation === "PutObject" || operation === "CreateMultipartUpload";
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function mostAtOnce(log: readonly LoggedRequest[]): number {
  const ends = log.map(({ endedAt }) => endedAt).toSorted((a, b) => a - b);
  const starts = log.map(({ startedAt }) => startedAt).toSorted((a, b) => a - b);
  let ended = 0;
  let most = 0;
  for (const [index, start] of starts.entries()) {
    while (ends[ended]! <= start) ended += 1;
    most = Math.max(most, index + 1 - ended);
  }
  return most;
}

/**
 * The most requests of which each began after the one before it had ended.
 *
 * @param askedAt when a request was begun
 */
function longestChain(
  log: readonly LoggedRequest[],
  askedAt: (request: LoggedRequest) => number,
): number {
  const depths: { readonly end: number; readonly depth: number }[] = [];
  let longest = 0;
  for (const request of log.toSorted((a, b) => askedAt(a) - askedAt(b))) {
    const asked = askedAt(request);
    const before = depths.filter(({ end }) => end <= asked).map(({ depth }) => depth);
    const depth = 1 + Math.max(0, ...before);
    depths.push({ end: request.endedAt, depth });
    longest = Math.max(longest, depth);
  }
  return longest;
}

/** So many requests of a kind the command has under way; the next ones wait for an answer. */
const limits = new Map([
  ["GetObject", 128],
  ["UploadPartCopy", 64],
]);
/** An answer was on its way to the command, and the next request to the server. */
const onTheWay = 0.25;

/**
 * When a request could have been made had there been no limit to those under way: one that starts
 * while the limit of its kind is reached is dated back to when it was reached. It may have had
 * another reason to be so late, so the chain of these times is at least as long as it is found.
 */
function askedWithoutLimits(log: readonly LoggedRequest[]): (request: LoggedRequest) => number {
  const asked = new Map<LoggedRequest, number>();
  for (const [operation, limit] of limits) {
    const ofKind = log
      .filter((request) => request.operation === operation)
      .toSorted((a, b) => a.startedAt - b.startedAt);
    let full: number | undefined;
    for (const [index, request] of ofKind.entries()) {
      const { startedAt } = request;
      const underWay = ofKind.slice(0, index).filter((one) => lasting(one) > startedAt).length;
      if (underWay < limit - 1) full = undefined;
      else full ??= startedAt;
      asked.set(request, full ?? startedAt);
    }
  }
  return (request) => asked.get(request) ?? request.startedAt;
}

function lasting({ startedAt, endedAt }: LoggedRequest): number {
  return endedAt + onTheWay * (endedAt - startedAt);
}
