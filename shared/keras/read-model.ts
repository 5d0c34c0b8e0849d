import { wholeRange } from "../bytes/range-source.ts";
import type { ByteSource } from "../bytes/source.ts";
import { CleaveError, inFile, quote } from "../errors.ts";
import { locateHdf5 } from "../hdf5/read.ts";
import { unpackInto } from "../hdf5/unpack.ts";
import type { OpenFiles } from "../stores/open-files.ts";
import type { LocatedZip } from "../zip/read.ts";
import { describeHdf5 } from "./foreign/hdf5-kinds.ts";
import { describeJson } from "./foreign/json-kinds.ts";
import { identify } from "./identify.ts";
import { readLegacy } from "./legacy.ts";
import type { KerasModel } from "./model.ts";
import { explainCutHdf5, explainCutZip } from "./truncated.ts";
import { unclaimedIn, unclaimedInArchive, withUnclaimed } from "./unclaimed.ts";
import { readV3Archive, readV3Weights } from "./v3.ts";

/**
 * Reads a Keras model or weights file of any version, known by its content: metadata is read,
 * tensors are located. `architecture` is null in a weights file.
 *
 * @param files gets what has to be unpacked before it can be read at any offset
 * @throws CleaveError `NOT_A_MODEL` saying what the file seems to be, and every code of its parsers
 */
export async function readModel(source: ByteSource, files: OpenFiles): Promise<KerasModel> {
  try {
    const kind = await identify(source);
    if (kind === "zip") {
      const archive = await readArchive(source);
      const model = await readV3Archive(archive.members, files);
      return withUnclaimed(model, unclaimedInArchive(archive));
    }
    if (kind === "json") {
      throw new CleaveError(
        "NOT_A_MODEL",
        `This is no Keras model: it is ${await describeJson(source)}.`,
      );
    }
    const range = wholeRange(source);
    const located = await locateHdf5(range, unpackInto(files)).catch(async (error: unknown) => {
      throw await explainCutHdf5(range, error);
    });
    const { root } = located;
    const model = readLegacy(root) ?? readV3Weights(root);
    if (model === undefined) {
      throw new CleaveError(
        "NOT_A_MODEL",
        `This HDF5 file is not Keras's: it has neither model_weights nor layer_names nor vars; ${describeHdf5(root)}. Give a file that Keras has saved.`,
        { rule: "KB712" },
      );
    }
    return withUnclaimed(model, unclaimedIn(located, null));
  } catch (error) {
    throw inFile(quote(source.name), error);
  }
}

async function readArchive(source: ByteSource): Promise<LocatedZip> {
  // Loaded when there is an archive: legacy files are none.
  const { locateZip } = await import("../zip/read.ts");
  return locateZip(source).catch(async (error: unknown) => {
    throw await explainCutZip(source, error);
  });
}
