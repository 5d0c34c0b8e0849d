import { CleaveError, quote } from "../errors.ts";
import type { Hdf5Attribute, Hdf5Node } from "./model.ts";

export function attribute(node: Hdf5Node, name: string): Hdf5Attribute | undefined {
  return node.attributes.find((candidate) => candidate.name === name);
}

/**
 * The elements of a string attribute as bytes, of fixed or variable length. Fixed strings end
 * before their NUL padding, as h5py reads them.
 *
 * @returns undefined where the attribute holds no strings
 */
export function stringBytes({ datatype, data }: Hdf5Attribute): readonly Uint8Array[] | undefined {
  if (!(data instanceof Uint8Array)) return data;
  if (datatype.class !== "string") return undefined;
  const strings = [];
  for (let at = 0; at < data.length; at += datatype.size) {
    let end = at + datatype.size;
    while (end > at && data[end - 1] === 0) end -= 1;
    strings.push(data.subarray(at, end));
  }
  return strings;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @throws CleaveError `HDF5_INVALID` where the bytes are not UTF-8 */
export function decodeText(bytes: Uint8Array, what: string): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new CleaveError("HDF5_INVALID", `${what}: the text is not UTF-8; the file is damaged.`, {
      cause,
    });
  }
}

/** The text of a scalar string attribute, or null where there is none of that name. */
export function textAttribute(node: Hdf5Node, name: string): string | null {
  const found = attribute(node, name);
  if (found === undefined) return null;
  const [bytes, ...more] = stringBytes(found) ?? [];
  if (bytes === undefined || more.length > 0) {
    throw new CleaveError("MODEL_INVALID", `The attribute ${quote(name)} is not one string.`);
  }
  return decodeText(bytes, `attribute ${quote(name)}`);
}

/**
 * A list of strings: attribute `name`, or `name0`, `name1`, … where Keras had to divide it because
 * an HDF5 object header holds 64,512 bytes at most (keras/engine/saving.py, 2.1.5 and later).
 * An empty list stands as an empty array of floats, numpy's default.
 *
 * @returns undefined where there is neither
 */
export function stringList(node: Hdf5Node, name: string): string[] | undefined {
  const whole = attribute(node, name);
  const chunks: Hdf5Attribute[] = [];
  if (whole !== undefined) chunks.push(whole);
  else {
    for (let chunk; (chunk = attribute(node, `${name}${chunks.length}`));) chunks.push(chunk);
  }
  if (chunks.length === 0) return undefined;
  return chunks.flatMap((chunk) => {
    const strings = chunk.data.length === 0 ? [] : stringBytes(chunk);
    if (strings === undefined) {
      throw new CleaveError(
        "MODEL_INVALID",
        `The attribute ${quote(chunk.name)} is not a list of names.`,
        { rule: "KH557" },
      );
    }
    return strings.map((bytes) => decodeText(bytes, `attribute ${quote(chunk.name)}`));
  });
}
