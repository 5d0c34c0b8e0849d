import picomatch from "picomatch";
import type { ByteRange } from "./bytes/source.ts";
import { CleaveError, quote } from "./errors.ts";
import type { Hdf5Dataset } from "./hdf5/model.ts";
import { allDatasets, byteLength, holdsStrings } from "./hdf5/tree.ts";
import { parseArchitecture } from "./keras/architecture-text.ts";
import { dtypeOf } from "./keras/dtype.ts";
import { matchModel } from "./keras/match-model.ts";
import type { KerasModel } from "./keras/model.ts";
import { tensorNames, type TensorName } from "./keras/tensor-names.ts";
import { openAny } from "./manifest/open-any.ts";
import type { Location } from "./stores/location.ts";
import { OpenFiles, type StoreOptions } from "./stores/open-files.ts";
import { elementsOf } from "./tensors/elements.ts";
import { layOutNpy, npyType } from "./tensors/npy.ts";
import { statisticsOf, type Statistics } from "./tensors/statistics.ts";

export interface CatOptions extends StoreOptions {
  /** How many of each tensor's first values to give; none unless said. */
  readonly head?: number | undefined;
  /** Read the tensors whole and say what their numbers are like. */
  readonly statistics?: boolean;
  /** A `.npy` file to write the one tensor to. */
  readonly npy?: Location | undefined;
  /** Replace an existing file. */
  readonly force?: boolean;
}

export interface CatTensor {
  /** In the weights, or in the training state. */
  readonly path: string;
  /** "dense/kernel"; null where the architecture does not tell. */
  readonly variable: string | null;
  readonly dtype: string;
  readonly shape: readonly number[] | null;
  /** In bytes. */
  readonly size: number;
  /**
   * Its first values, row-major, where asked for; as text what JSON's numbers cannot be: NaN, infinite
   * ones, integers beyond 2^53.
   */
  readonly values?: readonly (number | string)[];
  /** Null where its elements are not numbers. */
  readonly statistics?: Statistics | null;
}

/**
 * Tensors of a model, weights or a split folder. Only their own bytes are read, and of these no more
 * than asked for.
 *
 * @param pattern a tensor's path, its variable ("dense/kernel"), or a glob of either
 * @throws CleaveError `USAGE` where nothing has that name, where more than one tensor is to be
 *   written to one file, or one that only a pickle could hold; the codes of the readers
 */
export async function cat(
  path: Location,
  pattern: string,
  options: CatOptions = {},
): Promise<CatTensor[]> {
  const files = new OpenFiles(options);
  try {
    const found = select(tensorsOf((await openAny(path, files)).model), pattern);
    if (options.npy !== undefined) await writeNpy(options.npy, found, files, options);
    const tensors: CatTensor[] = [];
    for (const { node, ...tensor } of found) {
      tensors.push({ ...tensor, ...(await look(node, options)) });
    }
    return tensors;
  } finally {
    await files.close();
  }
}

interface Found extends CatTensor {
  readonly node: Hdf5Dataset;
}

function tensorsOf(model: KerasModel): readonly Found[] {
  const { architecture, weights, training } = model;
  const match = architecture === null ? null : matchModel(model, parseArchitecture(architecture));
  const names = tensorNames(model, match);
  const located = [...allDatasets(weights), ...(training === null ? [] : allDatasets(training))];
  return located.map(({ path, node }) => ({
    path,
    variable: nameOf(names.get(path)),
    dtype: dtypeOf(node),
    shape: node.shape,
    size: byteLength(node),
    node,
  }));
}

function nameOf(name: TensorName | undefined): string | null {
  return [name?.layer, name?.variable].filter((part) => part).join("/") || null;
}

function select(tensors: readonly Found[], pattern: string): readonly Found[] {
  const exact = tensors.filter(({ path, variable }) => path === pattern || variable === pattern);
  if (exact.length > 0) return exact;
  const matches = picomatch(pattern, { dot: true });
  const found = tensors.filter(
    ({ path, variable }) => matches(path) || (variable !== null && matches(variable)),
  );
  if (found.length > 0) return found;
  throw new CleaveError("USAGE", `No tensor is called ${quote(pattern)}; "**" lists all of them.`);
}

async function look(
  node: Hdf5Dataset,
  { head, statistics }: CatOptions,
): Promise<Partial<CatTensor>> {
  const elements = elementsOf(dtypeOf(node));
  const numbers = elements !== undefined && !holdsStrings(node);
  return {
    ...(head === undefined ? {} : { values: await firstValues(node, head) }),
    ...(statistics
      ? { statistics: numbers ? await statisticsOf(node.data as ByteRange, elements) : null }
      : {}),
  };
}

async function firstValues(node: Hdf5Dataset, most: number): Promise<(number | string)[]> {
  if (holdsStrings(node)) {
    return node.data.slice(0, most).map((bytes) => Buffer.from(bytes).toString("utf8"));
  }
  const { source, offset, length } = node.data as ByteRange;
  const elements = elementsOf(dtypeOf(node));
  const size = elements?.size ?? node.datatype.size;
  const bytes = await source.read(offset, Math.min(length, most * size));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values: (number | string)[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const value = wholeNumber(dtypeOf(node), view, at) ?? elements?.read(view, at);
    if (value === undefined) values.push(textOf(node, bytes.subarray(at, at + size)));
    else values.push(typeof value === "string" || Number.isFinite(value) ? value : String(value));
  }
  return values;
}

/** The digits of an integer that a JavaScript number does not hold exactly. */
function wholeNumber(dtype: string, view: DataView, at: number): string | undefined {
  if (dtype !== "int64" && dtype !== "uint64") return undefined;
  const value = dtype === "int64" ? view.getBigInt64(at, true) : view.getBigUint64(at, true);
  return Number.isSafeInteger(Number(value)) ? undefined : String(value);
}

/** Of a string of fixed length its text, of other bytes their hexadecimal digits. */
function textOf({ datatype }: Hdf5Dataset, bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes);
  return datatype.class === "string"
    ? buffer.toString("utf8").replace(/\0+$/, "")
    : buffer.toString("hex");
}

async function writeNpy(
  target: Location,
  [tensor, ...others]: readonly Found[],
  files: OpenFiles,
  { force = false }: CatOptions,
): Promise<void> {
  if (tensor === undefined || others.length > 0) {
    throw new CleaveError("USAGE", "A .npy file holds one tensor; the pattern fits several.");
  }
  const { node, path, dtype, shape } = tensor;
  const type = holdsStrings(node) ? undefined : npyType(dtype);
  if (type === undefined || shape === null) {
    throw new CleaveError(
      "USAGE",
      `${quote(path)} holds ${shape === null ? "nothing" : dtype}, which a .npy file cannot hold without a pickle. Take --head instead.`,
    );
  }
  const layout = layOutNpy(type, shape, node.data as ByteRange);
  await (await files.storeOf(target)).writeFile(target, layout, { overwrite: force });
}
