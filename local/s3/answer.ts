import { once } from "node:events";
import { readContent, sizeOf, type Content } from "./content.ts";
import type { Exchange } from "./exchange.ts";
import type { Fault } from "./faults.ts";
import { Pacer } from "./pacer.ts";
import { carriesObject } from "./request-body.ts";
import { S3Error } from "./s3-error.ts";
import { writeErrorXml } from "./xml.ts";

/** What an operation gives back. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number | undefined>>;
  /** A body, of which HEAD sends the headers only. */
  readonly body?: string | Content;
}

export function errorAnswer(exchange: Exchange, error: unknown): Answer {
  if (!(error instanceof S3Error)) {
    const message = "We encountered an internal error. Please try again.";
    return errorAnswerOf(exchange, 500, "InternalError", message, {
      details: { Cause: `${error}` },
    });
  }
  return errorAnswerOf(exchange, error.status, error.code, error.message, error);
}

export function errorAnswerOf(
  exchange: Exchange,
  status: number,
  code: string,
  message: string,
  extra: Partial<Pick<S3Error, "details" | "headers">> = {},
): Answer {
  const { bucket, key } = exchange.route;
  const body = writeErrorXml({
    Code: code,
    Message: message,
    ...extra.details,
    Resource: `/${bucket}${key === "" ? "" : `/${key}`}`,
    RequestId: exchange.requestId,
    HostId: exchange.requestId,
  });
  const headers = extra.headers ?? {};
  return status === 304 ? { status, headers } : { status, headers, body };
}

/** Sends an answer, or as much of it as a fault lets through. */
export async function send(exchange: Exchange, answer: Answer): Promise<void> {
  const { request, response, entry, requestId } = exchange;
  const isHead = request.method === "HEAD";
  const { body } = answer;
  // The status is in the log before the client can have read it.
  entry.status = answer.status;
  response.statusCode = answer.status;
  response.setHeader("Server", "AmazonS3");
  response.setHeader("x-amz-request-id", requestId);
  response.setHeader("x-amz-id-2", requestId);
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    if (value !== undefined) response.setHeader(name, value);
  }
  const text = typeof body === "string" ? Buffer.from(body) : undefined;
  const length = text?.length ?? (body === undefined ? 0 : sizeOf(body as Content));
  if (text !== undefined) response.setHeader("Content-Type", "application/xml");
  if (isHead && text !== undefined) {
    // An error at HEAD has no body that there could be a length of, and the connection stays open.
    response.setHeader("Transfer-Encoding", "chunked");
  } else if (answer.status !== 204 && answer.status !== 304) {
    response.setHeader("Content-Length", length);
  }
  const fault = carriesObject(exchange.route.operation) ? undefined : exchange.fault;
  const cut = isHead ? undefined : cutOf(fault);
  if (body === undefined || isHead) {
    response.end();
    return;
  }
  const pieces = text === undefined ? readContent(body as Content) : [text];
  await sendBody(exchange, pieces, cut === undefined ? length : Math.floor(length / 2));
  if (cut === undefined) {
    response.end();
  } else if (cut === "reset-body") {
    request.socket.resetAndDestroy();
  } else if (cut === "short-body") {
    request.socket.end();
  } else {
    await once(response, "close");
  }
}

async function sendBody(
  exchange: Exchange,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  most: number,
): Promise<void> {
  const { response, entry } = exchange;
  const pacer = new Pacer(exchange.bytesPerSecond);
  let sent = 0;
  for await (const piece of pieces) {
    const bytes = piece.subarray(0, most - sent);
    if (response.destroyed) return;
    sent += bytes.length;
    entry.bytesOut += bytes.length;
    await pacer.pass(bytes.length);
    // Before the last byte leaves: a client that has all of it may look at once.
    if (sent === most) entry.endedAt = performance.now();
    if (!response.write(bytes)) await drained(exchange);
    if (sent === most) return;
  }
}

/** Resolves when there is room for more, or nobody to read it. */
async function drained({ response }: Exchange): Promise<void> {
  if (response.destroyed) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.once("drain", done);
    response.once("close", done);
  });
}

function cutOf(fault: Fault | undefined): "reset-body" | "short-body" | "stall-body" | undefined {
  const kind = fault?.kind;
  const cuts = kind === "reset-body" || kind === "short-body" || kind === "stall-body";
  return cuts ? kind : undefined;
}
