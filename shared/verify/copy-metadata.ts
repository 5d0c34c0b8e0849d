import { open } from "node:fs/promises";
import { chunksOf } from "../bytes/chunks.ts";
import type { ByteSource } from "../bytes/source.ts";
import type { Hdf5Group } from "../hdf5/model.ts";
import { allDatasets, holdsStrings } from "../hdf5/tree.ts";
import type { OpenFiles } from "../stores/open-files.ts";

/**
 * A temporary file with everything of an HDF5 file but the values of its tensors, which are holes:
 * for a reader that needs a file and looks at metadata alone.
 *
 * @returns its path
 */
export async function copyMetadata(
  source: ByteSource,
  tree: Hdf5Group,
  files: OpenFiles,
): Promise<string> {
  const path = await files.temporaryPath();
  const values = allDatasets(tree)
    .flatMap(({ node }) => (!holdsStrings(node) && "source" in node.data ? [node.data] : []))
    .filter((range) => range.source === source)
    .toSorted((a, b) => a.offset - b.offset);
  const file = await open(path, "wx", 0o600);
  try {
    await file.truncate(source.size);
    let at = 0;
    for (const { offset, length } of [...values, { offset: source.size, length: 0 }]) {
      if (offset > at) {
        for await (const bytes of chunksOf({ source, offset: at, length: offset - at })) {
          await file.write(bytes, 0, bytes.length, at);
          at += bytes.length;
        }
      }
      at = offset + length;
    }
  } finally {
    await file.close();
  }
  return path;
}
