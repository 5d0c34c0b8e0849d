import type { Context } from "aws-lambda";
import type { Surroundings } from "../shared/pipeline/surroundings.ts";
import { announcer } from "./announcer.ts";
import { environment } from "./environment.ts";

/** Before the function's time is over: what was begun is cleaned up, and said. */
const lastSeconds = 10_000;

/** What the work of one call has around it. */
export function surroundings(context: Context): Surroundings {
  const { artifactsBucket, eventBus, policy } = environment();
  const left = context.getRemainingTimeInMillis() - lastSeconds;
  return {
    artifactsBucket,
    policy,
    requestId: context.awsRequestId,
    announce: announcer(eventBus),
    signal: AbortSignal.timeout(Math.max(left, 1000)),
  };
}
