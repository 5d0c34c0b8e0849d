import { createHash } from "node:crypto";
import { memorySource } from "#shared/bytes/memory-source.ts";
import { CleaveError } from "#shared/errors.ts";
import { layOutHdf5 } from "#shared/hdf5/lay-out.ts";
import type { Hdf5Group } from "#shared/hdf5/model.ts";
import { readModel } from "#shared/keras/read-model.ts";
import type { KerasModel } from "#shared/keras/model.ts";
import { rescueTexts } from "#shared/scan/rescue.ts";
import { scanModel, scanTexts } from "#shared/scan/scan-model.ts";
import { OpenFiles } from "#shared/stores/open-files.ts";
import { layoutBytes, readBytes } from "../support/hdf5-files.ts";
import { seenByUs } from "../support/hdf5-judge.ts";

/** What became of an input: the code of its refusal, or `accepted`. */
export type Outcome = string;

/**
 * Reads and scans an input as the verbs do, and lays out what was read and reads it again.
 *
 * @throws whatever breaks the invariant: an error that is no refusal, a tree that does not come back
 */
export async function tryInput(bytes: Uint8Array): Promise<Outcome> {
  const files = new OpenFiles();
  const source = memorySource("input", bytes);
  try {
    const model = await readModel(source, files);
    await scanModel(model, true);
    await comesBack(model);
    return "accepted";
  } catch (error) {
    if (!(error instanceof CleaveError) || error.code === "INTERNAL") throw error;
    scanTexts(await rescueTexts(source));
    return error.code;
  } finally {
    await files.close();
  }
}

async function comesBack({ weights, training }: KerasModel): Promise<void> {
  for (const tree of [weights, training]) {
    if (tree === null) continue;
    const again = await relaid(tree);
    if (again !== undefined && (await digestOf(again)) !== (await digestOf(tree))) {
      throw new Error("What was laid out is read as something else.");
    }
  }
}

/** Undefined where the writer says that it cannot. */
async function relaid(tree: Hdf5Group): Promise<Hdf5Group | undefined> {
  try {
    return await readBytes(await layoutBytes(layOutHdf5(tree)));
  } catch (error) {
    if (error instanceof CleaveError && error.code === "UNSUPPORTED") return undefined;
    throw error;
  }
}

async function digestOf(tree: Hdf5Group): Promise<string> {
  return createHash("sha256")
    .update(JSON.stringify(await seenByUs(tree)))
    .digest("hex");
}
