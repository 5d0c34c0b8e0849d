import type { Policy } from "../scan/policy.ts";
import type { StoreOptions } from "../stores/open-files.ts";

export type AnnouncedEvent =
  | "cleave.ModelSplit"
  | "cleave.ModelRecombined"
  /** It was split, and has findings that somebody wants to know of. */
  | "cleave.ModelFlagged"
  | "cleave.ModelQuarantined";

/** What the pipeline works in, whoever runs it. */
export interface Surroundings extends StoreOptions {
  readonly artifactsBucket: string;
  /** What becomes of models that have findings. */
  readonly policy: Policy;
  /** Of the call, for `error.json`: where to look in the logs. */
  readonly requestId: string;
  /** Tells whoever consumes artifacts; at least once for each. */
  announce(type: AnnouncedEvent, detail: Readonly<Record<string, unknown>>): Promise<void>;
}
