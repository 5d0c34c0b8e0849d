import { MetricUnit } from "@aws-lambda-powertools/metrics";
import { inspect } from "../shared/inspect.ts";
import { chain } from "./chain.ts";
import { inspectEventSchema } from "./on-demand-events.ts";
import { logger, metrics } from "./powertools.ts";
import { surroundings } from "./surroundings.ts";

/** Answers have at most 6 MB. */
const most = 5000;

/** Says what a model, weights or the folder of a split is and holds. */
export const handler = chain(inspectEventSchema, async ({ model }, context) => {
  logger.appendKeys({ model });
  const { tensors, layers, ...facts } = await inspect(model, surroundings(context));
  metrics.addMetric("ModelsInspected", MetricUnit.Count, 1);
  const isCut = tensors.length > most || layers.length > most;
  return {
    model,
    ...facts,
    layers: layers.slice(0, most),
    tensors: tensors.slice(0, most),
    ...(isCut
      ? { notShown: { layers: layers.length - most, tensors: tensors.length - most } }
      : {}),
  };
});
