import { verbs, type Verb, type Way } from "./commands.ts";
import { modelFile, type S3Model } from "./models.ts";
import type { Measured, S3Run } from "./results.ts";
import type { Server } from "./server.ts";
import { Site, type Tools } from "./site.ts";

/** All that a model is measured on. */
export interface Servers {
  readonly usual: Server;
  readonly far: Server;
  readonly independent: Server | undefined;
}

/** Everything that is measured on a model. */
export async function measureModel(
  model: S3Model,
  { usual, far, independent }: Servers,
  tools: Tools,
): Promise<Measured> {
  const { id, group, title } = model;
  const isLargest = group === "20GB";
  // Of the smallest only the requests are wanted, and the largest takes long.
  const isTimed = !isLargest && group !== "10MB";
  const chosen = isTimed ? tools : { ...tools, rounds: 1 };
  const file = modelFile(model);
  const at = async <T>(
    server: Server,
    work: (site: Site, filled: S3Run) => Promise<T>,
  ): Promise<T> => {
    const site = new Site(server, model, chosen);
    const done = await work(site, await site.fill(file));
    await site.empty();
    return done;
  };

  const own = await at(usual, async (site) => ({
    cells: await site.cells(waysOf(model), file.bytes),
    ...(await site.weights(isTimed)),
    limited: isLargest ? await site.limited() : {},
  }));
  tools.say("  far away");
  const seenFar = await at(far, async (site, filled) => ({
    split: filled.seen!,
    recombine: (await site.recombine()).seen!,
  }));
  const others =
    isTimed && independent !== undefined
      ? await at(independent, (site) => site.cells(waysOf(model), file.bytes))
      : [];
  return {
    id,
    group,
    title,
    bytes: file.bytes,
    tensors: file.tensors,
    levels: file.levels,
    measuredOn: new Date().toISOString().slice(0, 10),
    ...own,
    cells: [...own.cells, ...others],
    far: seenFar,
  };
}

/** 20 GB are not downloaded, and Keras is asked where its time is more than its start. */
function waysOf({ group }: S3Model): (readonly [Way, Verb])[] {
  const ours = verbs.map((verb) => ["cleave", verb] as const);
  if (group === "20GB") return ours;
  const h5py = verbs.map((verb) => ["h5py", verb] as const);
  return [...ours, ...h5py, ...(group === "1.2GB" ? [["Keras", "split"] as const] : [])];
}
