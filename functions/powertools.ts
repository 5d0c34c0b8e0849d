import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { Tracer } from "@aws-lambda-powertools/tracer";

/** Names and levels are the environment's: POWERTOOLS_SERVICE_NAME, …_METRICS_NAMESPACE, …_LOG_LEVEL. */
export const logger = new Logger();
export const metrics = new Metrics();
export const tracer = new Tracer();
