import { chain } from "./chain.ts";
import { measure } from "./measure.ts";
import { recombineEventSchema } from "./on-demand-events.ts";
import { recombineAsked } from "./recombine-asked.ts";
import { surroundings } from "./surroundings.ts";

/** Recombines a model when asked to; the answer says where it is. */
export const handler = chain(recombineEventSchema, async (event, context) => {
  const started = performance.now();
  const { transfer, ...done } = await recombineAsked(event, surroundings(context));
  measure(
    { outcome: "recombined", family: done.family, kerasVersion: null },
    { started, transfer },
  );
  return { outcome: "recombined", ...done, transfer };
});
