import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { release, retain, type Content } from "./content.ts";
import type { Fault } from "./faults.ts";
import type { LoggedRequest } from "./request-log.ts";
import type { Route } from "./route.ts";

/** A request, what is known of it, and what it holds until it is over. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly route: Route;
  readonly requestId = randomBytes(8).toString("hex").toUpperCase();
  /** Its line in the log, filled in as it goes on. */
  readonly entry: { -readonly [field in keyof LoggedRequest]: LoggedRequest[field] };
  readonly bytesPerSecond: number | undefined;
  fault: Fault | undefined;
  readonly #held: Content[] = [];

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    route: Route,
    bytesPerSecond: number | undefined,
  ) {
    this.request = request;
    this.response = response;
    this.route = route;
    this.bytesPerSecond = bytesPerSecond;
    this.entry = {
      operation: route.operation,
      bucket: route.bucket,
      key: route.key,
      range: this.header("range") ?? this.header("x-amz-copy-source-range"),
      status: 0,
      bytesIn: 0,
      bytesOut: 0,
      bytesCopied: 0,
      startedAt: performance.now(),
      endedAt: Number.NaN,
    };
  }

  get key(): string {
    return this.route.key;
  }

  /** By its name in lower case; values that were sent apart are joined. */
  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value.join(",") : value;
  }

  query(name: string): string | undefined {
    return this.route.query.get(name) ?? undefined;
  }

  /** Keeps the files of a content from being removed before the exchange ends. */
  hold(content: Content): Content {
    retain(content);
    this.#held.push(content);
    return content;
  }

  end(): void {
    this.entry.endedAt = performance.now();
    this.#held.splice(0).forEach(release);
  }
}
