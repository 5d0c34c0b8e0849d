import { memorySource } from "#shared/bytes/memory-source.ts";
import { layOutHdf5 } from "#shared/hdf5/lay-out.ts";
import { legacyTree } from "#shared/keras/legacy.ts";
import { readModel } from "#shared/keras/read-model.ts";
import type { KerasModel } from "#shared/keras/model.ts";
import { uniteTrees } from "#shared/keras/training-state.ts";
import { OpenFiles } from "#shared/stores/open-files.ts";
import { layoutBytes } from "../support/hdf5-files.ts";
import { rangeBytes } from "../support/hdf5-judge.ts";
import { zipArchive, type RawMember } from "../support/zip.ts";
import { mutateBytes } from "./mutate-bytes.ts";
import { mutateJson } from "./mutate-json.ts";
import type { Random } from "./random.ts";

/** A file made of another by changing its bytes, or its parts with a sound container around them. */
export async function mutate(seed: Buffer, other: Buffer, random: Random): Promise<Buffer> {
  if (random.chance(0.6)) return mutateBytes(seed, other, random);
  const files = new OpenFiles();
  try {
    const model = await readModel(memorySource("seed", seed), files);
    return await mutateParts(model, other, random);
  } catch {
    return mutateBytes(seed, other, random);
  } finally {
    await files.close();
  }
}

async function mutateParts(model: KerasModel, other: Buffer, random: Random): Promise<Buffer> {
  const { architecture, weights, training, family, trainingConfig } = model;
  if (architecture === null) throw new Error("weights alone have one part");
  if (family === "legacy") {
    const changed = random.chance(0.8)
      ? { ...model, architecture: mutateJson(architecture, random) }
      : { ...model, trainingConfig: trainingConfig && mutateJson(trainingConfig, random) };
    return Buffer.from(await layoutBytes(layOutHdf5(legacyTree(changed))));
  }
  const tree = training === null ? weights : uniteTrees(weights, training);
  const content = Buffer.from(await layoutBytes(layOutHdf5(tree)));
  const isConfig = random.chance(0.6);
  const members: RawMember[] = [
    { name: "metadata.json", content: Buffer.from('{"keras_version": "3.15.1"}') },
    {
      name: "config.json",
      content: Buffer.from(isConfig ? mutateJson(architecture, random) : architecture),
    },
    {
      name: "model.weights.h5",
      content: isConfig ? content : mutateBytes(content, other, random),
      deflated: random.chance(0.1),
      descriptor: random.chance(0.1),
    },
  ];
  for (const [name, range] of model.assets) {
    members.push({ name: `assets/${name}`, content: await rangeBytes(range) });
  }
  return zipArchive(random.chance(0.1) ? [...members, random.pick(members)] : members);
}
