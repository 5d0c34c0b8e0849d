import { CleaveError } from "../errors.ts";
import { attributeNameIndex, readBTree2 } from "./btree2.ts";
import { Cursor } from "./cursor.ts";
import { readFractalHeap } from "./fractal-heap.ts";
import type { Hdf5Attribute } from "./model.ts";
import { messageType, type Message } from "./object-header.ts";
import { readAttribute } from "./read-attribute.ts";
import type { FileParts } from "./read-dataset.ts";

/** All attributes of an object, in its header or in a heap. */
export async function readAttributes(
  parts: FileParts,
  messages: readonly Message[],
  where: string,
): Promise<Hdf5Attribute[]> {
  const attributes: Hdf5Attribute[] = [];
  for (const { type, body } of messages) {
    if (type === messageType.attribute) {
      attributes.push(await readAttribute(body, parts.heap, where));
    } else if (type === messageType.attributeInfo) {
      attributes.push(...(await readDenseAttributes(parts, body, where)));
    }
  }
  const names = new Set(attributes.map(({ name }) => name));
  if (names.size < attributes.length) {
    throw new CleaveError(
      "HDF5_INVALID",
      `${where}: two attributes have one name; the file is damaged.`,
      { rule: "KH556" },
    );
  }
  return attributes;
}

/**
 * More attributes than eight, or one of more than 64 KiB, stand in a fractal heap with an index by
 * name where the file is of HDF5's newer format (format specification, IV.A.2.v).
 */
async function readDenseAttributes(
  { file, heap: strings }: FileParts,
  info: Cursor,
  where: string,
): Promise<Hdf5Attribute[]> {
  info.skip(1);
  if (info.u8() & 1) info.skip(2);
  const heapAddress = info.address();
  const indexAddress = info.address();
  if (heapAddress === null) return [];
  if (indexAddress === null) info.fail("a heap of attributes without an index", -8);
  const heap = await readFractalHeap(file, heapAddress, where);
  const attributes: Hdf5Attribute[] = [];
  for (const record of await readBTree2(file, indexAddress, attributeNameIndex, where)) {
    if (record.length < heap.idLength + 9) info.fail("index records without heap IDs");
    if (record[heap.idLength]! & 2) {
      throw new CleaveError("UNSUPPORTED", `${where}: shared HDF5 messages are not supported.`);
    }
    const message = heap.object(record.subarray(0, heap.idLength));
    const body = new Cursor(message, heapAddress, `${where}: attribute in a heap`);
    attributes.push(await readAttribute(body, strings, where));
  }
  return attributes;
}
