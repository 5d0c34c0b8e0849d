import type { LoggedRequest } from "./request-log.ts";

/** Something that goes wrong with requests of a kind. */
export type Fault = FaultTarget & FaultEffect;

/** Which requests a fault meets: those that match every given field. */
export interface FaultTarget {
  readonly operation?: string;
  readonly bucket?: string;
  readonly key?: string | RegExp;
  /** The first of the matching requests that it meets, from 1. */
  readonly nth?: number;
  /** How many it meets from there on; 1 by default. */
  readonly times?: number;
}

export type FaultEffect =
  /** An error answer; the request has no effect. On 409 at Complete the upload is gone. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly code: string;
      readonly message?: string;
    }
  /** The connection is destroyed and the request has no effect. */
  | { readonly kind: "reset" }
  /** The request takes effect, and the connection is destroyed instead of an answer. */
  | { readonly kind: "reset-after" }
  /** Destroyed after half of the body: of the request where it carries an object's bytes. */
  | { readonly kind: "reset-body" }
  /** All of `Content-Length` is promised, half of it sent, and the connection closed in order. */
  | { readonly kind: "short-body" }
  /** Half of the body, then nothing, on a connection that stays open. */
  | { readonly kind: "stall-body" }
  /**
   * 200 with an error in the body, as S3 does when it fails after it has begun to answer
   * (CompleteMultipartUpload, CopyObject, UploadPartCopy); the request has no effect.
   */
  | { readonly kind: "error-in-200" }
  /** Calls a function before the request is handled as usual. */
  | { readonly kind: "call"; readonly call: (request: LoggedRequest) => Promise<void> | void };

/** The faults that wait for requests, in the order in which they were injected. */
export class Faults {
  #waiting: { readonly fault: Fault; matched: number }[] = [];

  inject(fault: Fault): void {
    this.#waiting.push({ fault, matched: 0 });
  }

  clear(): void {
    this.#waiting = [];
  }

  /** Those that meet a request: any calls, and the first that is no call. */
  take(request: LoggedRequest): { calls: CallFault[]; effect: Fault | undefined } {
    const calls: CallFault[] = [];
    let effect: Fault | undefined;
    for (const waiting of this.#waiting) {
      const { fault } = waiting;
      if (!matches(fault, request)) continue;
      waiting.matched += 1;
      const turn = waiting.matched - (fault.nth ?? 1);
      if (turn < 0 || turn >= (fault.times ?? 1)) continue;
      if (fault.kind === "call") calls.push(fault);
      else effect ??= fault;
    }
    return { calls, effect };
  }
}

type CallFault = Extract<Fault, { readonly kind: "call" }>;

function matches({ operation, bucket, key }: FaultTarget, request: LoggedRequest): boolean {
  if (operation !== undefined && operation !== request.operation) return false;
  if (bucket !== undefined && bucket !== request.bucket) return false;
  if (key === undefined) return true;
  // A copy, because a global expression would go on from where it matched last.
  return typeof key === "string" ? key === request.key : new RegExp(key).test(request.key);
}
