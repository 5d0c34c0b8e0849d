import { CleaveError, quote } from "../errors.ts";
import { checkLimit } from "../limits.ts";
import { decodeText } from "./attributes.ts";
import { Cursor } from "./cursor.ts";
import { elementCount, readDataspace, sizeText } from "./dataspace.ts";
import { readDatatype } from "./datatype.ts";
import type { GlobalHeap } from "./global-heap.ts";
import type { Hdf5Attribute } from "./model.ts";

/** Reads an attribute message, versions 1 to 3 (format specification, IV.A.2.m). */
export async function readAttribute(
  cursor: Cursor,
  heap: GlobalHeap,
  owner: string,
): Promise<Hdf5Attribute> {
  const version = cursor.u8();
  if (version < 1 || version > 3) cursor.fail(`attribute version ${version} is not known`, -1);
  const flags = cursor.u8();
  if (version > 1 && flags !== 0) {
    throw new CleaveError(
      "UNSUPPORTED",
      `${owner}: attributes of committed datatypes are not supported.`,
      { rule: "KH563" },
    );
  }
  const [nameSize, datatypeSize, dataspaceSize] = [cursor.u16(), cursor.u16(), cursor.u16()];
  if (version === 3) cursor.skip(1); // the name's character set; ASCII is UTF-8 as well

  const part = (size: number, what: string): Cursor => {
    const offset = cursor.fileOffset;
    const bytes = cursor.take(size);
    if (version === 1) cursor.skip(Math.min((8 - (size % 8)) % 8, cursor.left));
    return new Cursor(bytes, offset, `${owner}: ${what}`);
  };
  const nameBytes = part(nameSize, "attribute name");
  const name = decodeText(nameBytes.cString(), `${owner}: attribute name`);
  checkLimit("nameBytes", nameSize, owner);
  // Readers that take the length as stated would see another name.
  if (nameBytes.left > 0) nameBytes.fail("an attribute name goes on behind its end");
  const what = `${owner}: attribute ${quote(name)}`;
  const datatype = readDatatype(part(datatypeSize, `attribute ${quote(name)}: datatype`));
  const shape = readDataspace(part(dataspaceSize, `attribute ${quote(name)}: dataspace`), what);

  const length = (elementCount(shape) ?? Number.POSITIVE_INFINITY) * datatype.size;
  if (length > cursor.left)
    cursor.fail(`${quote(name)} claims ${sizeText(length)}, ${cursor.left} are there`);
  const offset = cursor.fileOffset;
  const bytes = cursor.take(length);
  const data =
    datatype.class === "vlen-string" ? await heap.strings(bytes, offset, what) : bytes.slice();
  return { name, datatype, shape, data };
}
