import { quote } from "../../errors.ts";
import { grouped } from "../../grouped.ts";
import { signature as hdf5 } from "../../hdf5/superblock.ts";
import type { ZipMember } from "../../zip/member.ts";
import { fewNames } from "./foreign.ts";

const original = "the Keras model it was made from is needed";

/** What a ZIP archive is that is no `.keras`, by what it holds, and what to do about it. */
export async function describeArchive(members: ReadonlyMap<string, ZipMember>): Promise<string> {
  const names = [...members.keys()];
  const has = (pattern: RegExp): boolean => names.some((name) => pattern.test(name));
  const [only, ...others] = members.values();
  if (only === undefined) return "empty; save or download it again";
  if (others.length === 0 && (await isModel(only))) {
    return `an archive around one file, ${quote(only.name)}; unpack it (unzip) and take that`;
  }
  if (has(/^variables\.h5$/)) {
    return "the experimental format of TensorFlow 2.11; save it again with a later one";
  }
  if (has(/(?:^|\/)constants\.pkl$/) && has(/(?:^|\/)code\//)) {
    return `TorchScript of PyTorch, which has no Keras architecture; ${original}`;
  }
  if (has(/(?:^|\/)data\.pkl$/)) {
    return "PyTorch's, a pickle that cannot be read without running it; Keras has no part in it";
  }
  const arrays = names.filter((name) => name.endsWith(".npy")).length;
  if (arrays > 0) {
    const count = `${grouped(arrays)} ${arrays === 1 ? "array" : "arrays"}`;
    return `a numpy archive (.npz) of ${count}, without a model around them; set them into the model they belong to and save that with model.save("model.keras")`;
  }
  if (has(/(?:^|\/)saved_model\.pb$/)) {
    return 'a TensorFlow SavedModel; load it and save it with model.save("model.keras")';
  }
  if (has(/^\[Content_Types\]\.xml$/)) return "a document of an office program";
  if (members.has("config.json")) {
    return "a .keras that lacks its weights; save the model again or take a whole copy";
  }
  const models = names.filter((name) => /\.(?:keras|h5|hdf5)$/i.test(name));
  const shown = models.length > 0 ? models : names;
  return `of another kind (it holds ${fewNames(shown)})`;
}

/** By its first bytes, and by its name where they are compressed. */
async function isModel({ name, deflated, stored }: ZipMember): Promise<boolean> {
  if (deflated) return /\.(?:keras|h5|hdf5)$/i.test(name);
  if (stored.length < hdf5.length) return false;
  const head = await stored.source.read(stored.offset, hdf5.length);
  const zip = Buffer.from("PK\x03\x04");
  return Buffer.compare(head, hdf5) === 0 || Buffer.compare(head.subarray(0, 4), zip) === 0;
}
