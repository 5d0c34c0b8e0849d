import { crc32OfRange } from "../bytes/crc32-of-range.ts";
import { wholeRange } from "../bytes/range-source.ts";
import { sha256 } from "../bytes/sha256.ts";
import type { ByteRange } from "../bytes/source.ts";
import { inFile, quote } from "../errors.ts";
import type { Hdf5Group } from "../hdf5/model.ts";
import { readHdf5 } from "../hdf5/read.ts";
import { secondOpinion } from "../hdf5/second-opinion.ts";
import { unpackInto } from "../hdf5/unpack.ts";
import { allDatasets, holdsStrings } from "../hdf5/tree.ts";
import { dtypeOf } from "../keras/dtype.ts";
import { artifacts } from "../manifest/artifacts.ts";
import { hexadecimal } from "../manifest/describe.ts";
import type { Manifest, ManifestTensor } from "../manifest/schema.ts";
import { below, type Location } from "../stores/location.ts";
import type { OpenFiles } from "../stores/open-files.ts";
import { OpenCheck, type Check } from "./check.ts";
import { copyMetadata } from "./copy-metadata.ts";

type TableRow = Omit<ManifestTensor, "layer" | "variable" | "shard">;

/** Compares the artifacts in a folder with what its manifest says of them. */
export async function checkArtifacts(
  folder: Location,
  manifest: Manifest,
  files: OpenFiles,
  onProgress?: (bytes: number) => void,
): Promise<Check[]> {
  const whole = new OpenCheck("artifacts", "files");
  const table = new OpenCheck("tensors", "tensors");
  const digests = new OpenCheck("digests", "tensors");
  const opinion = new OpenCheck("h5wasm", "objects");
  for (const { file, size, crc32: expected } of artifacts(manifest)) {
    const source = await files.open(below(folder, file));
    const found = await crc32OfRange(wholeRange(source), 0, onProgress);
    whole.count(
      source.size === size && hexadecimal(found) === expected,
      () =>
        `${file}: ${source.size} bytes with CRC-32 ${hexadecimal(found)}, the manifest says ${size} and ${expected}`,
      source.size,
    );
  }
  for (const { file, rows } of hdf5Artifacts(manifest)) {
    const path = below(folder, file);
    const source = await files.open(path);
    const tree = await readHdf5(wholeRange(source), unpackInto(files)).catch((error: unknown) => {
      throw inFile(quote(path), error);
    });
    if (rows !== null) await checkTable(table, digests, file, tree, rows);
    const { objects, differences } = await secondOpinion(
      source.isRemote ? await copyMetadata(source, tree, files) : path,
      tree,
    );
    opinion.compared += objects;
    opinion.problems.push(...differences.map((difference) => `${file}: ${difference}`));
  }
  return [whole, table, ...(digests.compared > 0 ? [digests] : []), opinion];
}

/** The artifacts that are HDF5, with the rows of the manifest's tensor table where it has one. */
function hdf5Artifacts({ weights, training, container }: Manifest): {
  file: string;
  rows: readonly TableRow[] | null;
}[] {
  const { otherObjects } = container;
  const state = training?.state;
  return [
    ...(weights.shards?.map(({ file }) => ({
      file,
      rows: weights.tensors.filter(({ shard = weights.shards![0]!.file }) => shard === file),
    })) ?? [{ file: weights.file, rows: weights.tensors }]),
    ...(state ? [{ file: state.file, rows: state.tensors }] : []),
    ...(otherObjects ? [{ file: otherObjects.file, rows: null }] : []),
  ];
}

async function checkTable(
  check: OpenCheck,
  digests: OpenCheck,
  file: string,
  tree: Hdf5Group,
  rows: readonly TableRow[],
): Promise<void> {
  const datasets = new Map(allDatasets(tree).map(({ path, node }) => [path, node]));
  for (const { path, dtype, shape, offset, length, sha256: stated } of rows) {
    const dataset = datasets.get(path);
    datasets.delete(path);
    const strings = dataset && holdsStrings(dataset);
    const range = dataset && !strings ? (dataset.data as ByteRange) : undefined;
    const isThere =
      dataset !== undefined &&
      dtypeOf(dataset) === dtype &&
      `${dataset.shape}` === `${shape}` &&
      (range === undefined ||
        (range.length === length && (length === 0 || range.offset === offset)));
    check.count(isThere, () => `${file}: ${path} is not as the manifest says`, length);
    if (stated === undefined || range === undefined) continue;
    const found = await sha256(range);
    digests.count(found === stated, () => `${file}: ${path} has another SHA-256`, length);
  }
  for (const path of datasets.keys())
    check.problems.push(`${file}: ${path} is not in the manifest`);
}
