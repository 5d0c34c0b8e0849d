import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { MetricUnit } from "@aws-lambda-powertools/metrics";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import { ParseError } from "@aws-lambda-powertools/parser/errors";
import { parser } from "@aws-lambda-powertools/parser/middleware";
import { captureLambdaHandler } from "@aws-lambda-powertools/tracer/middleware";
import middy, { type MiddlewareObj } from "@middy/core";
import type { Context } from "aws-lambda";
import * as z from "./zod.ts";
import { CleaveError } from "../shared/errors.ts";
import { inEventTerms } from "../shared/pipeline/event-terms.ts";
import { logger, metrics, tracer } from "./powertools.ts";

export type Handler<Event, Answer> = (event: Event, context: Context) => Promise<Answer>;

/**
 * What every function has around its work: traces, logs with the request's id, metrics, a checked
 * event, and errors that callers can tell apart by their name.
 */
export function chain<Schema extends z.ZodMiniType, Answer>(
  schema: Schema,
  work: Handler<z.output<Schema>, Answer>,
): Handler<z.input<Schema>, Answer> {
  const chained = middy()
    .use(captureLambdaHandler(tracer, { captureResponse: false }))
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use(logMetrics(metrics, { captureColdStartMetric: true }))
    .use(nameErrors())
    .use(parser({ schema }))
    .handler(async (event, context) => work(event as z.output<Schema>, context));
  return chained as Handler<z.input<Schema>, Answer>;
}

/** Lambda tells the caller the name and the message of an error, and nothing else. */
function nameErrors(): MiddlewareObj {
  return {
    onError(request) {
      const { error } = request;
      if (!error) return;
      const [code, message] = explain(error);
      metrics.addMetric("Errors", MetricUnit.Count, 1);
      logger.error(message, { code, stack: error.stack });
      const named = new Error(message, { cause: error });
      named.name = code;
      request.error = named;
    },
  };
}

function explain(error: Error): readonly [code: string, message: string] {
  if (error instanceof CleaveError) return [error.code, inEventTerms(error.message)];
  if (error instanceof ParseError) {
    // As the Standard Schema has them, whatever library has checked.
    const issues = error.cause as z.core.$ZodIssue[];
    return ["BAD_EVENT", `The event is not as it must be.\n${z.prettifyError({ issues })}`];
  }
  return [error.name, error.message];
}
