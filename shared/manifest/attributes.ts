import { readDatatype } from "../hdf5/datatype.ts";
import { Cursor } from "../hdf5/cursor.ts";
import type { Hdf5Attribute } from "../hdf5/model.ts";
import { vlenText } from "../hdf5/text.ts";
import { architectureAttribute, trainingAttribute } from "../keras/legacy.ts";
import type { ManifestAttribute } from "./schema.ts";

const parts = new Map<string, "architecture" | "training">([
  [architectureAttribute, "architecture"],
  [trainingAttribute, "training"],
]);

/** An HDF5 attribute as JSON, with its datatype; the text of a config is left to its own part. */
export function attributeToManifest(attribute: Hdf5Attribute): ManifestAttribute {
  const { name, datatype, shape, data } = attribute;
  const encoded = Buffer.from(datatype.encoded).toString("base64");
  const part = parts.get(name);
  return {
    name,
    datatype: { name: datatype.name, encoded },
    shape: shape && [...shape],
    value: part !== undefined ? { part } : valueToManifest(data),
  };
}

function valueToManifest(data: Hdf5Attribute["data"]): ManifestAttribute["value"] {
  if (data instanceof Uint8Array) return { bytes: Buffer.from(data).toString("base64") };
  const texts = data.map((bytes) => Buffer.from(bytes).toString("utf8"));
  const isText = texts.every((text, index) => Buffer.from(text).equals(data[index]!));
  if (isText) return { strings: texts };
  return { base64Strings: data.map((bytes) => Buffer.from(bytes).toString("base64")) };
}

/** @param texts of the parts; an attribute whose part has none is left out */
export function attributeFromManifest(
  attribute: ManifestAttribute,
  texts: Readonly<Record<"architecture" | "training", string | null>>,
): Hdf5Attribute[] {
  const { name, shape, value } = attribute;
  const encoded = Buffer.from(attribute.datatype.encoded, "base64");
  const datatype = readDatatype(new Cursor(encoded, 0, `manifest attribute ${name}`));
  if ("part" in value) {
    const text = texts[value.part];
    if (text === null) return [];
    const bytes = Buffer.from(text);
    if (datatype.class === "vlen-string") return [{ name, datatype, shape, data: [bytes] }];
    // A string of fixed length is padded with NULs, and a longer text needs another type.
    if (datatype.class !== "string" || bytes.length > datatype.size) {
      return [vlenText(name, text, "ascii")];
    }
    const data = Buffer.concat([bytes, Buffer.alloc(datatype.size)], datatype.size);
    return [{ name, datatype, shape, data }];
  }
  if ("bytes" in value)
    return [{ name, datatype, shape, data: Buffer.from(value.bytes, "base64") }];
  const data =
    "strings" in value
      ? value.strings.map((text) => Buffer.from(text))
      : value.base64Strings.map((text) => Buffer.from(text, "base64"));
  return [{ name, datatype, shape, data }];
}
