import type { Hdf5Attribute } from "./model.ts";
import { numberType } from "./number-type.ts";

/** What fits into an object header beside the message around it (keras/engine/saving.py). */
const mostBytes = 64_512;

/**
 * A list of names as h5py makes an attribute of one: fixed-length strings, NUL-padded; an empty
 * list is numpy's empty array of float64. Divided among `name0`, `name1`, … where it is too long
 * for one attribute, as Keras does (keras/src/legacy/saving/legacy_h5_format.py,
 * `save_attributes_to_hdf5_group`).
 */
export function stringListAttributes(name: string, list: readonly string[]): Hdf5Attribute[] {
  const strings = list.map((text) => Buffer.from(text));
  if (strings.length === 0) {
    return [{ name, datatype: numberType("float64")!, shape: [0], data: Buffer.alloc(0) }];
  }
  const size = Math.max(1, ...strings.map(({ length }) => length));
  const perAttribute = Math.max(1, Math.floor(mostBytes / size));
  const chunks: Buffer[][] = [];
  for (let at = 0; at < strings.length; at += perAttribute) {
    chunks.push(strings.slice(at, at + perAttribute));
  }
  return chunks.map((chunk, index) => {
    const data = Buffer.alloc(size * chunk.length);
    for (const [at, string] of chunk.entries()) string.copy(data, at * size);
    return {
      name: chunks.length === 1 ? name : `${name}${index}`,
      datatype: fixedString(size),
      shape: [chunk.length],
      data,
    };
  });
}

/** Class 3, NUL-padded, ASCII (format specification, IV.A.2.d). */
function fixedString(size: number): Hdf5Attribute["datatype"] {
  const encoded = Buffer.from([0x13, 0x01, 0, 0, 0, 0, 0, 0]);
  encoded.writeUInt32LE(size, 4);
  return { class: "string", size, name: `S${size}`, encoded };
}
