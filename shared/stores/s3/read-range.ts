import { setTimeout as sleep } from "node:timers/promises";
import type { Readable } from "node:stream";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { CleaveError } from "../../errors.ts";
import { explainFailure, isTransient } from "./failures.ts";
import type { S3Object } from "./object.ts";
import type { Requests } from "./requests.ts";

/** Bodies that break off are asked for again from where they ended, so often. */
const mostAttempts = 6;
/** In milliseconds; doubled each time, and then a random part of it. */
const firstDelay = 100;

/**
 * Reads a range of one version of an object into a buffer. A body that breaks off or stands still
 * is asked for again, from where it ended.
 *
 * @param stall milliseconds without a byte after which a body counts as lost
 * @throws CleaveError `SOURCE_CHANGED` where the object is not what it was; `STORE_UNAVAILABLE`
 */
export async function readRange(
  requests: Requests,
  object: S3Object,
  offset: number,
  into: Uint8Array,
  stall: number,
): Promise<void> {
  let done = 0;
  for (let attempt = 1; done < into.length; attempt += 1) {
    const body = await getRange(requests, object, offset + done, offset + into.length);
    try {
      done += await drain(body, into.subarray(done), requests, stall);
      if (done === into.length) return;
      throw new Error("aborted: the body is shorter than its length");
    } catch (error) {
      requests.signal?.throwIfAborted();
      if (error instanceof CleaveError) throw error;
      if (error instanceof BrokenBody) done += error.received;
      if (attempt === mostAttempts || !(error instanceof BrokenBody || isTransient(error))) {
        throw explainFailure(error, "read", object.location);
      }
      requests.traffic.retries += 1;
      await sleep(Math.random() * firstDelay * 2 ** attempt, undefined, {
        signal: requests.signal,
      }).catch(() => requests.signal?.throwIfAborted());
    }
  }
}

async function getRange(
  requests: Requests,
  { bucket, key, version, etag, location }: S3Object,
  start: number,
  end: number,
): Promise<Readable> {
  const command = new GetObjectCommand({
    Bucket: bucket,
    Key: key,
    VersionId: version,
    IfMatch: etag,
    Range: `bytes=${start}-${end - 1}`,
  });
  const { Body, ContentLength } = await requests.send("GetObject", command, {
    doing: "read",
    location,
  });
  if (ContentLength !== end - start) {
    (Body as Readable).destroy();
    throw new CleaveError(
      "IO",
      `Cannot read "${location}": of ${end - start} bytes that were asked for the server gives ${ContentLength}. It does not read ranges as S3 does.`,
    );
  }
  return Body as Readable;
}

/** The body ended before its end; what came is in the buffer. */
class BrokenBody extends Error {
  readonly received: number;

  constructor(received: number, cause: unknown) {
    super(`TimeoutError: the body broke off: ${(cause as Error).message}`, { cause });
    this.received = received;
  }
}

/** @throws BrokenBody */
async function drain(
  body: Readable,
  into: Uint8Array,
  { traffic, signal }: Requests,
  stall: number,
): Promise<number> {
  let received = 0;
  const watch = setTimeout(() => body.destroy(new Error(`nothing came for ${stall} ms`)), stall);
  const stop = (): unknown => body.destroy();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      const part = chunk.subarray(0, into.length - received);
      into.set(part, received);
      received += part.length;
      traffic.bytesRead += part.length;
      watch.refresh();
    }
    if (received < into.length) throw new Error("it is shorter than was promised");
    return received;
  } catch (error) {
    throw new BrokenBody(received, error);
  } finally {
    clearTimeout(watch);
    signal?.removeEventListener("abort", stop);
  }
}
