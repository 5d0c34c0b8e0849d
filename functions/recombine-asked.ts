import { parseRenameRules } from "../shared/keras/variation/rename-rules.ts";
import type { Variation } from "../shared/keras/variation/vary.ts";
import { recombineModel } from "../shared/pipeline/recombine-model.ts";
import type { Surroundings } from "../shared/pipeline/surroundings.ts";
import type { RecombineResult } from "../shared/recombine.ts";
import type { RecombineInput } from "../shared/recombine/gather.ts";
import type { RecombineEvent } from "./on-demand-events.ts";

/** Answers have at most 6 MB, and models thousands of tensors. */
const longestList = 2000;

/**
 * Does what an event asks for.
 *
 * @returns the result with shorter lists: layers that were not checked, and tensors only of a variation
 */
export async function recombineAsked(
  event: RecombineEvent,
  around: Surroundings,
): Promise<RecombineResult> {
  const { out, force, dryRun } = event;
  const variation = variationOf(event);
  const job = { input: inputOf(event), out, force, dryRun, variation };
  const { match, tensors, ...result } = await recombineModel(job, around);
  const layers = match.layers.filter(({ status }) => status === "not checked");
  return {
    ...result,
    match: { ...match, layers: layers.slice(0, longestList), variables: [] },
    tensors: variation === undefined && !dryRun ? [] : tensors.slice(0, longestList),
  };
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

/** Undefined where nothing may differ. */
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
