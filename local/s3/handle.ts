import { setTimeout } from "node:timers/promises";
import { errorAnswer, errorAnswerOf, send, type Answer } from "./answer.ts";
import { removeUpload } from "./buckets.ts";
import type { Exchange } from "./exchange.ts";
import type { Fault, Faults } from "./faults.ts";
import { operations } from "./operations/operations.ts";
import { S3Error } from "./s3-error.ts";
import type { Service } from "./service.ts";

/** From a request to its answer, by way of what is to go wrong with it. */
export async function handle(
  service: Service,
  exchange: Exchange,
  faults: Faults,
  latency: number,
): Promise<void> {
  const { calls, effect } = faults.take(exchange.entry);
  for (const { call } of calls) await call(exchange.entry);
  exchange.fault = effect;
  if (effect?.kind === "reset") {
    exchange.request.socket.resetAndDestroy();
    return;
  }
  const answer =
    answerOfFault(service, exchange, effect) ??
    (await answerOf(service, exchange).catch((error: unknown) => errorAnswer(exchange, error)));
  // What is left of a body that was refused has to go, for the next request to be found.
  exchange.request.resume();
  if (latency > 0) await setTimeout(latency);
  if (effect?.kind === "reset-after") {
    exchange.request.socket.resetAndDestroy();
    return;
  }
  if (exchange.response.destroyed) return;
  await send(exchange, answer);
}

async function answerOf(service: Service, exchange: Exchange): Promise<Answer> {
  const isSigned =
    exchange.header("authorization") !== undefined ||
    exchange.query("X-Amz-Signature") !== undefined;
  if (!isSigned) throw new S3Error("AccessDenied", "Access Denied");
  return operations[exchange.route.operation]!(service, exchange);
}

function answerOfFault(
  service: Service,
  exchange: Exchange,
  fault: Fault | undefined,
): Answer | undefined {
  if (fault?.kind === "error-in-200") {
    const message = "We encountered an internal error. Please try again.";
    return errorAnswerOf(exchange, 200, "InternalError", message);
  }
  if (fault?.kind !== "status") return undefined;
  if (fault.status === 409 && exchange.route.operation === "CompleteMultipartUpload") {
    const bucket = service.buckets.get(exchange.route.bucket);
    const upload = bucket?.uploads.get(exchange.query("uploadId") ?? "");
    if (upload !== undefined) removeUpload(bucket!, upload);
  }
  return errorAnswerOf(exchange, fault.status, fault.code, fault.message ?? fault.code);
}
