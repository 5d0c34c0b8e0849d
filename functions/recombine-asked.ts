import { parseRenameRules } from "../shared/keras/variation/rename-rules.ts";
import type { Variation } from "../shared/keras/variation/vary.ts";
import { recombineModel } from "../shared/pipeline/recombine-model.ts";
import type { Surroundings } from "../shared/pipeline/surroundings.ts";
import type { RecombineResult } from "../shared/recombine.ts";
import type { RecombineInput } from "../shared/recombine/gather.ts";
import type { RecombineEvent } from "./on-demand-events.ts";

/** Answers have at most 6 MB, and models thousands of tensors. */
const mostTensors = 1000;

/** What an invocation answers: all of the result but long lists. */
export type RecombineAnswer = Omit<RecombineResult, "tensors" | "match" | "out"> & {
  readonly model: string;
  /** What became of each variable, where it is other than taken as it is. */
  readonly varied: RecombineResult["tensors"];
};

export async function recombineAsked(
  event: RecombineEvent,
  around: Surroundings,
): Promise<RecombineAnswer> {
  const { out, force, dryRun } = event;
  const job = { input: inputOf(event), out, force, dryRun, variation: variationOf(event) };
  const { out: model, tensors, match: _, ...facts } = await recombineModel(job, around);
  const varied = tensors.filter(({ outcome }) => outcome !== "taken").slice(0, mostTensors);
  return { model, ...facts, varied };
}

function inputOf({
  folder,
  architecture,
  weights,
  training,
  assets,
}: RecombineEvent): RecombineInput {
  if (folder !== undefined) return { folder, architecture };
  return { architecture: architecture!, weights: weights!, training, assets };
}

function variationOf(event: RecombineEvent): Variation | undefined {
  const { byName, map, skipMismatch, allowMissing, initMissing, seed } = event;
  const given = { byName, map, skipMismatch, allowMissing, initMissing, seed };
  if (Object.values(given).every((value) => value === undefined)) return undefined;
  return {
    byName: byName ?? false,
    rules: map === undefined ? undefined : parseRenameRules(JSON.stringify(map), "`map`"),
    skipMismatch: skipMismatch ?? false,
    allowMissing: allowMissing ?? [],
    initMissing,
    seed: seed ?? 0,
  };
}
