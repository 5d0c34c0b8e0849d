import type { ByteRange } from "../bytes/source.ts";
import { CleaveError } from "../errors.ts";
import { checkLimit } from "../limits.ts";
import type { Cursor } from "./cursor.ts";
import { elementCount, readDataspace, sizeText } from "./dataspace.ts";
import { readDatatype } from "./datatype.ts";
import type { Hdf5File } from "./file.ts";
import type { GlobalHeap } from "./global-heap.ts";
import type { Datatype, Hdf5Attribute, Hdf5Dataset, Shape } from "./model.ts";
import { messageType, type Message } from "./object-header.ts";

const rewrite =
  "Keras writes contiguous, unfiltered datasets; rewrite the file with h5repack -l CONTI -f NONE.";

/**
 * A dataset whose values are one run of bytes in the file: contiguous or compact, unfiltered.
 *
 * @throws CleaveError `UNSUPPORTED` for chunked, filtered, virtual and external storage;
 *   `HDF5_INVALID` where the stored bytes are not as many as the shape needs
 */
export async function readDataset(
  file: Hdf5File,
  heap: GlobalHeap,
  messages: readonly Message[],
  attributes: readonly Hdf5Attribute[],
  path: string,
): Promise<Hdf5Dataset> {
  const body = (type: number): Cursor | undefined =>
    messages.find((message) => message.type === type)?.body;
  if (body(messageType.externalFiles) !== undefined) {
    throw new CleaveError(
      "UNSUPPORTED",
      `${path}: the values are in another file (external storage), which Keras refuses to load.`,
    );
  }
  if (body(messageType.filters) !== undefined) {
    throw new CleaveError(
      "UNSUPPORTED",
      `${path}: the values pass a filter (compression, checksum). ${rewrite}`,
    );
  }
  const typeMessage = body(messageType.datatype);
  const spaceMessage = body(messageType.dataspace);
  const layoutMessage = body(messageType.layout);
  if (typeMessage === undefined || spaceMessage === undefined || layoutMessage === undefined) {
    throw new CleaveError(
      "HDF5_INVALID",
      `${path}: a dataset without type, shape or place; the file is damaged.`,
    );
  }
  const datatype = readDatatype(typeMessage);
  const shape = readDataspace(spaceMessage, path);
  const stored = readLayout(layoutMessage, path);
  const data = placeValues(file, stored, datatype, shape, path);
  if (datatype.class !== "vlen-string")
    return { kind: "dataset", attributes, datatype, shape, data };
  checkLimit("stringElements", data.length / datatype.size, path);
  const references = await data.source.read(data.offset, data.length);
  const strings = await heap.strings(references, data.offset, path);
  return { kind: "dataset", attributes, datatype, shape, data: strings };
}

/** Where the values stand: an address of their own, or inside the object header. */
interface Stored {
  readonly address: number | null;
  readonly length: number;
  readonly inHeader: boolean;
}

/** Reads a data layout message, versions 3 and 4 (format specification, IV.A.2.i). */
function readLayout(cursor: Cursor, path: string): Stored {
  const version = cursor.u8();
  if (version !== 3 && version !== 4) {
    throw new CleaveError(
      "UNSUPPORTED",
      `${path}: HDF5 data layout version ${version} is not supported.`,
    );
  }
  const layoutClass = cursor.u8();
  if (layoutClass === 0) {
    const length = cursor.u16();
    const address = cursor.fileOffset;
    cursor.skip(length);
    return { address, length, inHeader: true };
  }
  if (layoutClass === 1)
    return { address: cursor.address(), length: cursor.u64(), inHeader: false };
  const kind = ["", "", "in chunks", "in other datasets (virtual)"][layoutClass];
  if (kind === undefined) cursor.fail(`layout class ${layoutClass} is not known`, -1);
  throw new CleaveError("UNSUPPORTED", `${path}: the values are stored ${kind}. ${rewrite}`);
}

function placeValues(
  file: Hdf5File,
  { address, length, inHeader }: Stored,
  datatype: Datatype,
  shape: Shape,
  path: string,
): ByteRange {
  const needed = (elementCount(shape) ?? Number.POSITIVE_INFINITY) * datatype.size;
  if (address === null && needed === 0) return file.values(0, 0, path);
  if (address === null) {
    throw new CleaveError(
      "HDF5_INVALID",
      `${path}: the values were never written. Save the model again.`,
    );
  }
  if (needed !== length) {
    throw new CleaveError(
      "HDF5_INVALID",
      `${path}: shape [${shape?.join(", ")}] of datatype ${datatype.name} needs ${sizeText(needed)}, the size stored is ${length}. The file is damaged; take an intact copy.`,
    );
  }
  return inHeader ? file.valuesInHeader(address, length) : file.values(address, length, path);
}
