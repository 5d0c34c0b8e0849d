import * as z from "./zod.ts";
import { defaultPolicy, parsePolicy, type Policy } from "../shared/scan/policy.ts";
import { usualPatterns } from "../shared/pipeline/key-patterns.ts";

const environmentSchema = z.object({
  CLEAVE_MODELS_BUCKET: z.string(),
  CLEAVE_ARTIFACTS_BUCKET: z.string(),
  CLEAVE_KEY_PATTERNS: z.optional(z.string()),
  CLEAVE_EVENT_BUS: z.optional(z.string()),
  CLEAVE_TOPIC_ARN: z.optional(z.string()),
  CLEAVE_POLICY: z.optional(z.string()),
});

/** What the deployment tells the functions. */
export interface Environment {
  readonly modelsBucket: string;
  readonly artifactsBucket: string;
  /** Which keys of the models bucket are models; with `*`, separated by commas. */
  readonly keyPatterns: readonly string[];
  /** Name or ARN of the bus that events go to; without one, none are sent. */
  readonly eventBus: string | undefined;
  /** Whom reports of failures go to. */
  readonly topic: string | undefined;
  /** What becomes of models that have findings. */
  readonly policy: Policy;
}

/** @throws Error naming the variable that is missing */
export function environment(): Environment {
  const { success, data, error } = environmentSchema.safeParse(process.env);
  if (!success) {
    const names = error.issues.map(({ path }) => path.join(".")).join(" and ");
    throw new Error(`${names} must be set in the environment of the function.`);
  }
  return {
    modelsBucket: data.CLEAVE_MODELS_BUCKET,
    artifactsBucket: data.CLEAVE_ARTIFACTS_BUCKET,
    keyPatterns: data.CLEAVE_KEY_PATTERNS?.split(",") ?? usualPatterns,
    eventBus: data.CLEAVE_EVENT_BUS,
    topic: data.CLEAVE_TOPIC_ARN,
    policy:
      data.CLEAVE_POLICY === undefined
        ? defaultPolicy
        : parsePolicy(data.CLEAVE_POLICY, "CLEAVE_POLICY"),
  };
}
