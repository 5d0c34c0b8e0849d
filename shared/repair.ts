import { CleaveError, quote } from "./errors.ts";
import { wholeRange } from "./bytes/range-source.ts";
import { layOutHdf5 } from "./hdf5/lay-out.ts";
import { layout, type Layout } from "./bytes/layout.ts";
import { fittingExtension, repairModel, type Repair } from "./doctor/repairs.ts";
import { layOutModel } from "./keras/lay-out-model.ts";
import type { KerasModel } from "./keras/model.ts";
import { differingParts } from "./keras/differing-parts.ts";
import { Progress, type OnProgress } from "./progress.ts";
import { nameOf, type Location } from "./stores/location.ts";
import { OpenFiles, type StoreOptions } from "./stores/open-files.ts";

export interface RepairOptions extends StoreOptions {
  /** Where the repaired file is to be; beside the file, with "repaired" in its name, unless said. */
  readonly out?: Location | undefined;
  /** Replace what is there. */
  readonly force?: boolean;
  readonly onProgress?: OnProgress;
}

export interface RepairResult {
  readonly path: Location;
  /** The repaired file; null where there was nothing to repair. */
  readonly out: Location | null;
  readonly repairs: readonly Repair[];
}

/**
 * Writes a model again with what can be put right without guessing put right: a name that says
 * another format, something before or behind the model, compressed members, missing bfloat16
 * attributes, names of losses that Keras does not find in its own `.h5`. The file itself stays.
 *
 * @throws CleaveError `TARGET_EXISTS`, and as the readers where something is wrong that no repair is
 *   known for; then nothing is written
 */
export async function repair(path: Location, options: RepairOptions = {}): Promise<RepairResult> {
  const files = new OpenFiles(options);
  try {
    const file = await files.open(path);
    const { model, repairs } = await repairModel(file, nameOf(path), files);
    if (repairs.length === 0) return { path, out: null, repairs };
    const out = options.out ?? repairedName(path, model);
    refuseExtension(out, model);
    const store = await files.storeOf(out);
    if ((await store.sameAs(out, [path])) !== undefined) {
      throw new CleaveError(
        "TARGET_EXISTS",
        `--out names ${quote(path)} itself, which stays as it is. Choose another name.`,
      );
    }
    await refuseDamage(model);
    const isRenamed = repairs.every(({ kind }) => kind === "extension");
    const content = isRenamed ? layout([wholeRange(file)]) : layOut(model);
    const progress = new Progress(new Map([[out, content]]), options.onProgress);
    await store.writeFile(out, content, {
      overwrite: options.force ?? false,
      onProgress: (bytes) => progress.add(bytes),
      signal: options.signal,
    });
    return { path, out, repairs };
  } finally {
    await files.close();
  }
}

/** What is not as it was when it was written is not to look repaired. */
async function refuseDamage({ statedChecksums }: KerasModel): Promise<void> {
  const [damaged] = await differingParts(statedChecksums, new Map());
  if (damaged === undefined) return;
  throw new CleaveError(
    "ZIP_INVALID",
    `Archive member ${quote(damaged)} does not match its checksum: bytes of it are not as they were, which no repair brings back. Take an intact copy, or --salvage what is there.`,
    { rule: "KB707" },
  );
}

function layOut(model: KerasModel): Layout {
  return model.architecture === null ? layOutHdf5(model.weights) : layOutModel(model);
}

/** "resnet.repaired.keras" beside "resnet.h5". */
function repairedName(path: Location, model: KerasModel): Location {
  const name = nameOf(path);
  const base = name.replace(/(?:\.weights)?\.(?:keras|h5|hdf5)$/i, "");
  return `${path.slice(0, path.length - name.length)}${base}.repaired${fittingExtension(model)}`;
}

function refuseExtension(out: Location, model: KerasModel): void {
  const fitting = fittingExtension(model);
  const fits = out.toLowerCase().endsWith(fitting) || (fitting === ".h5" && /\.hdf5$/i.test(out));
  if (fits && !(fitting === ".h5" && /\.weights\.h5$/i.test(out))) return;
  throw new CleaveError(
    "USAGE",
    `Keras reads a file by its name, and this one as what it is where that ends in ${fitting}; ${quote(out)} does not. Choose another --out.`,
  );
}
