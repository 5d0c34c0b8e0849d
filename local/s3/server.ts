import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { adopt, contentOfFile, sparseContent, type Adopted, type Piece } from "./adopt.ts";
import { errorAnswer, send } from "./answer.ts";
import { Exchange } from "./exchange.ts";
import { Faults, type Fault } from "./faults.ts";
import { handle } from "./handle.ts";
import type { ObjectCreatedEvent } from "./object-created.ts";
import { count, type Counters, type LoggedRequest } from "./request-log.ts";
import { incompleteBody } from "./request-body.ts";
import { route, type Route } from "./route.ts";
import { existingBucket, type CopiedChecksum, type Service } from "./service.ts";
import { writeErrorXml } from "./xml.ts";

export type { Adopted, CopiedChecksum, Counters, Fault, LoggedRequest, ObjectCreatedEvent, Piece };

export interface S3ServerOptions {
  /** Where objects and parts are kept, in a folder of their own that `close` removes. */
  readonly folder?: string;
  /** 0, the default, for any that is free. */
  readonly port?: number;
  /** Milliseconds before each answer. */
  readonly latency?: number;
  /** Of each body, in both directions. */
  readonly bytesPerSecond?: number;
  /** Called for each object, before the answer to the request that made it. */
  readonly onEvent?: (event: ObjectCreatedEvent) => void;
}

/** A running server. Only what it is told here distinguishes it from Amazon S3. */
export interface S3Server {
  /** `http://127.0.0.1:PORT`; buckets are in the path. */
  readonly url: string;
  /** Requests since it was cleared, in the order in which they came. */
  readonly log: readonly LoggedRequest[];
  clearLog(): void;
  /** Of the requests in the log. */
  counters(): Counters;
  inject(fault: Fault): void;
  clearFaults(): void;
  /** Multipart uploads that are neither complete nor aborted. */
  openUploads(): readonly { bucket: string; key: string; uploadId: string }[];
  /** Makes an object, zero but for the pieces, without sending it or taking its space on disk. */
  putSparse(bucket: string, key: string, size: number, pieces: Iterable<Piece>): Promise<Adopted>;
  /** Makes an object of a local file, which must not change while it exists. */
  putFile(bucket: string, key: string, path: string): Promise<Adopted>;
  /** What UploadPartCopy says of checksums from now on. */
  setMode(mode: { readonly copiedChecksum: CopiedChecksum }): void;
  close(): Promise<void>;
}

/** Starts an S3 server on the loopback interface. */
export async function startS3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  const parent = options.folder ?? tmpdir();
  await mkdir(parent, { recursive: true });
  const service: Service = {
    folder: await mkdtemp(join(parent, "s3-")),
    buckets: new Map(),
    onEvent: options.onEvent,
    copiedChecksum: "right",
    sequence: 0,
  };
  const faults = new Faults();
  let log: LoggedRequest[] = [];
  const running = new WeakMap<Duplex, Exchange>();

  const server = createServer((request, response) => {
    void answerRequest(request, response).catch(() => response.destroy());
  });
  async function answerRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { bytesPerSecond, latency = 0 } = options;
    let wanted: Route = { operation: "Unknown", bucket: "", key: "", query: new URLSearchParams() };
    let refusal: unknown;
    try {
      wanted = route(request.method!, request.url!, request.headers);
    } catch (error) {
      refusal = error;
    }
    const exchange = new Exchange(request, response, wanted, bytesPerSecond);
    running.set(request.socket, exchange);
    log.push(exchange.entry);
    // A client that goes away ends its exchange; whoever waits for its bytes is told by the stream.
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    try {
      if (refusal === undefined) {
        await handle(service, exchange, faults, latency);
      } else {
        request.resume();
        await send(exchange, errorAnswer(exchange, refusal));
      }
    } finally {
      exchange.end();
    }
  }

  // A client that closes its side in the middle of a body can still read an answer.
  server.on("clientError", (_error, socket) => {
    const exchange = running.get(socket);
    const isInBody = exchange !== undefined && !exchange.request.complete;
    if (!socket.writable || !isInBody) {
      socket.destroy();
      return;
    }
    exchange.entry.status = 400;
    const { code, message } = incompleteBody();
    const body = writeErrorXml({ Code: code, Message: message, RequestId: exchange.requestId });
    const head = [
      "HTTP/1.1 400 Bad Request",
      "Content-Type: application/xml",
      `Content-Length: ${Buffer.byteLength(body)}`,
      "Connection: close",
    ];
    socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
  });
  // Streams may be slow on purpose, and a client's idle connection is not to go under its request.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 60_000;

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get log() {
      return log;
    },
    clearLog: () => {
      log = [];
    },
    counters: () => count(log),
    inject: (fault) => faults.inject(fault),
    clearFaults: () => faults.clear(),
    openUploads: () =>
      [...service.buckets.values()].flatMap(({ name: bucket, uploads }) =>
        [...uploads.values()].map(({ key, uploadId }) => ({ bucket, key, uploadId })),
      ),
    putSparse: async (bucket, key, size, pieces) => {
      const content = await sparseContent(service, size, pieces);
      return adopt(service, existingBucket(service, bucket), key, content);
    },
    putFile: async (bucket, key, path) => {
      const content = await contentOfFile(service, path);
      return adopt(service, existingBucket(service, bucket), key, content);
    },
    setMode: ({ copiedChecksum }) => {
      service.copiedChecksum = copiedChecksum;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await rm(service.folder, { recursive: true, force: true });
    },
  };
}
