import { rangesEqual } from "../bytes/compare.ts";
import type { ByteRange } from "../bytes/source.ts";
import type { Hdf5Group } from "../hdf5/model.ts";
import { publishArchitecture } from "../keras/architecture-text.ts";
import { trainingAttribute } from "../keras/legacy.ts";
import type { KerasModel } from "../keras/model.ts";
import { OpenCheck, type Check } from "./check.ts";
import { compareAttributes, compareTrees } from "./compare-trees.ts";

/**
 * Compares everything in two models: texts, trees, attributes and every byte of tensors and assets.
 *
 * @param training false where `ours` was split without its training state, which is then left out
 */
export async function compareModels(
  original: KerasModel,
  ours: KerasModel,
  training: boolean,
  onProgress?: (bytes: number) => void,
): Promise<Check[]> {
  const architecture = new OpenCheck("architecture", "texts");
  const text = ({ architecture: whole, family, keras }: KerasModel): string | null =>
    training || whole === null ? whole : publishArchitecture(whole, family, keras).text;
  architecture.count(
    text(original) === text(ours),
    () => "the architecture's text is another",
    Buffer.byteLength(original.architecture ?? ""),
  );
  const weights = new OpenCheck("weights", "tensors");
  await compareTrees(weights, original.weights, ours.weights, onProgress);
  const assets = new OpenCheck("assets", "files");
  await compareFiles(assets, original.assets, ours.assets);

  const container = new OpenCheck("container", "facts");
  const [theirs, kept] = [original.container, ours.container];
  const attributes = theirs.rootAttributes.filter(
    ({ name }) => training || name !== trainingAttribute,
  );
  compareAttributes(container, "/", attributes, kept.rootAttributes);
  container.compared += attributes.length;
  if (theirs.metadata !== null) {
    container.count(theirs.metadata === kept.metadata, () => "metadata.json is another");
  }
  await compareTrees(container, theirs.otherObjects ?? nothing, kept.otherObjects ?? nothing);
  await compareFiles(container, theirs.otherMembers, kept.otherMembers);
  const checks = [architecture, weights, assets, container];
  if (!training) return checks;

  const config = new OpenCheck("training config", "texts");
  if (original.trainingConfig !== null || ours.trainingConfig !== null) {
    config.count(
      original.trainingConfig === ours.trainingConfig,
      () => "the training configuration's text is another",
      Buffer.byteLength(original.trainingConfig ?? ""),
    );
  }
  const state = new OpenCheck("training state", "tensors");
  await compareTrees(state, original.training ?? nothing, ours.training ?? nothing, onProgress);
  return [architecture, config, weights, state, assets, container];
}

const nothing: Hdf5Group = { kind: "group", attributes: [], children: new Map() };

async function compareFiles(
  check: OpenCheck,
  original: ReadonlyMap<string, ByteRange>,
  ours: ReadonlyMap<string, ByteRange>,
): Promise<void> {
  for (const [name, range] of original) {
    const other = ours.get(name);
    const same = other !== undefined && (await rangesEqual(range, other));
    check.count(same, () => `${name}: missing or with other bytes`, range.length);
  }
  for (const name of ours.keys()) {
    if (!original.has(name)) check.problems.push(`${name}: not in the original`);
  }
}
