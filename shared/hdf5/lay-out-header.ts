import { roundUp8, type ByteWriter } from "../bytes/byte-writer.ts";
import { CleaveError, quote } from "../errors.ts";
import { checkLimit } from "../limits.ts";
import type { GlobalHeapPlan } from "./lay-out-global-heap.ts";
import type { Hdf5Attribute, Hdf5Dataset, Hdf5Node, Shape } from "./model.ts";
import { messageType } from "./object-header.ts";
import { holdsStrings } from "./tree.ts";

/** What an object header points at. */
export type Place = { btree: number; heap: number } | { values: number | bigint };

const prefixSize = 16;
const messagePrefixSize = 8;
/** The field of a message's size has two bytes. */
const largestMessage = 65_528;
/** Version 2: allocate late, write when set, defined as zeros of no size: what h5py writes. */
const fillValue = Uint8Array.of(2, 2, 2, 1, 0, 0, 0, 0);
const constant = 1;

/** Bytes of an object's header (format specification, IV.A.1.a). */
export function headerSize(node: Hdf5Node): number {
  const fixed =
    node.kind === "group"
      ? [16]
      : [dataspaceSize(node.shape), node.datatype.encoded.length, fillValue.length, 18];
  const messages = [...fixed, ...node.attributes.map(attributeSize)];
  checkLimit("headerMessages", messages.length, "HDF5 object");
  return messages.reduce((size, body) => size + messagePrefixSize + roundUp8(body), prefixSize);
}

/** Writes a version 1 object header at the writer's place. */
export function writeHeader(
  writer: ByteWriter,
  node: Hdf5Node,
  place: Place,
  strings: GlobalHeapPlan,
): void {
  writer.u8(1);
  writer.skip(1);
  writer.u16((node.kind === "group" ? 1 : 4) + node.attributes.length);
  writer.u32(1); // referred to once
  writer.u32(headerSize(node) - prefixSize);
  writer.skip(4);
  if ("btree" in place) {
    writeMessage(writer, messageType.symbolTable, 16, 0, () => {
      writer.u64(place.btree);
      writer.u64(place.heap);
    });
  } else if (node.kind === "dataset") {
    writeDataset(writer, node, place.values);
  }
  for (const attribute of node.attributes) {
    writeMessage(writer, messageType.attribute, attributeSize(attribute), 0, () =>
      writeAttribute(writer, attribute, strings),
    );
  }
}

function writeMessage(
  writer: ByteWriter,
  type: number,
  size: number,
  flags: number,
  body: () => void,
): void {
  const padded = roundUp8(size);
  writer.u16(type);
  writer.u16(padded);
  writer.u8(flags);
  writer.skip(3);
  const start = writer.at;
  body();
  writer.at = start + padded;
}

function writeDataset(writer: ByteWriter, dataset: Hdf5Dataset, values: number | bigint): void {
  const { datatype, shape, data } = dataset;
  writeMessage(writer, messageType.dataspace, dataspaceSize(shape), 0, () =>
    writeDataspace(writer, shape),
  );
  const type = datatype.encoded;
  writeMessage(writer, messageType.datatype, type.length, constant, () => writer.put(type));
  writeMessage(writer, messageType.fillValue, fillValue.length, constant, () =>
    writer.put(fillValue),
  );
  writeMessage(writer, messageType.layout, 18, 0, () => {
    writer.u8(3);
    writer.u8(1); // contiguous
    writer.u64(values);
    writer.u64(holdsStrings(dataset) ? dataset.data.length * datatype.size : data.length);
  });
}

/** The null dataspace exists in version 2 only. */
function dataspaceSize(shape: Shape): number {
  return shape === null ? 4 : 8 + shape.length * 8;
}

function writeDataspace(writer: ByteWriter, shape: Shape): void {
  if (shape === null) {
    writer.put(Uint8Array.of(2, 0, 0, 2));
    return;
  }
  writer.u8(1);
  writer.u8(shape.length);
  writer.skip(6);
  for (const dimension of shape) writer.u64(dimension);
}

/** Version 3 says that a name is UTF-8; version 1, which every reader knows, does for ASCII. */
function attributeVersion(name: Uint8Array): 1 | 3 {
  return name.some((byte) => byte > 127) ? 3 : 1;
}

function attributeName({ name }: Hdf5Attribute): Uint8Array {
  return Buffer.from(`${name}\0`);
}

function attributeSize(attribute: Hdf5Attribute): number {
  const { datatype, shape, data } = attribute;
  const name = attributeName(attribute);
  const parts = [name.length, datatype.encoded.length, dataspaceSize(shape)];
  const values = holdsStrings(attribute) ? data.length * datatype.size : data.length;
  const size =
    attributeVersion(name) === 1
      ? 8 + parts.reduce((sum, part) => sum + roundUp8(part), 0) + values
      : 9 + parts.reduce((sum, part) => sum + part, 0) + values;
  if (size > largestMessage) {
    throw new CleaveError(
      "UNSUPPORTED",
      `The attribute ${quote(attribute.name)} has ${values} bytes; an HDF5 object header holds less than 64 KiB.`,
    );
  }
  return size;
}

function writeAttribute(
  writer: ByteWriter,
  attribute: Hdf5Attribute,
  strings: GlobalHeapPlan,
): void {
  const { datatype, shape, data } = attribute;
  const name = attributeName(attribute);
  const version = attributeVersion(name);
  const part = (size: number, write: () => void): void => {
    const end = writer.at + (version === 1 ? roundUp8(size) : size);
    write();
    writer.at = end;
  };
  writer.u8(version);
  writer.skip(1);
  writer.u16(name.length);
  writer.u16(datatype.encoded.length);
  writer.u16(dataspaceSize(shape));
  if (version === 3) writer.u8(1);
  part(name.length, () => writer.put(name));
  part(datatype.encoded.length, () => writer.put(datatype.encoded));
  part(dataspaceSize(shape), () => writeDataspace(writer, shape));
  writer.put(data instanceof Uint8Array ? data : strings.references(data));
}
