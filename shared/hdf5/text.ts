import type { Hdf5Attribute } from "./model.ts";

/**
 * A variable-length string type as h5py writes it: NUL-terminated, over one-byte strings. The
 * character set stands in bits 8 to 11 of the outer type (format specification, IV.A.2.d).
 */
function encodedType(characterSet: "ascii" | "utf8"): Uint8Array {
  const set = characterSet === "utf8" ? 1 : 0;
  const base = [0x10, 0x00, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0];
  return Uint8Array.of(0x19, 0x01, set, 0, 16, 0, 0, 0, ...base);
}

/** A scalar string attribute, as h5py makes one from a Python `str` (utf8) or `bytes` (ascii). */
export function vlenText(
  name: string,
  text: string,
  characterSet: "ascii" | "utf8",
): Hdf5Attribute {
  const encoded = encodedType(characterSet);
  return {
    name,
    datatype: { class: "vlen-string", size: 16, name: "string", encoded },
    shape: [],
    data: [Buffer.from(text)],
  };
}
