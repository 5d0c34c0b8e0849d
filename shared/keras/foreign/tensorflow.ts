import { quote } from "../../errors.ts";
import { readUpTo, type FileStart } from "./file-start.ts";

/** The last eight bytes of a table (tensorflow/core/lib/io/format.h, kTableMagicNumber). */
const tableMagic = Buffer.from("57fb808b247547db", "hex");

const wayOut =
  'load it with the model\'s code (load_weights of the Keras that wrote it) and save the model with model.save("model.keras")';

/** The index of a checkpoint; the values beside it have no mark of their own. */
export async function describeCheckpointIndex({ source }: FileStart): Promise<string | undefined> {
  if (source.size < 48) return undefined;
  const end = await readUpTo(source, source.size - tableMagic.length, tableMagic.length);
  if (!tableMagic.equals(end)) return undefined;
  return `the index of a TensorFlow checkpoint, whose values stand in files beside it; ${wayOut}`;
}

/** The text file `checkpoint`, which says which checkpoint of a folder is the last. */
export function describeCheckpointText({ text }: FileStart): string {
  const latest = /^model_checkpoint_path: "([^"\n]*)"/.exec(text)?.[1] ?? "";
  return `a note of TensorFlow on which checkpoint is the last (${quote(latest)}); of a checkpoint, ${wayOut}`;
}
