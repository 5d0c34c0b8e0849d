import type { ByteRange } from "../bytes/source.ts";

/**
 * An HDF5 tree as Keras uses it: groups, attributes, datasets whose values are one byte range.
 * Link order carries no meaning in Keras files; children are in byte order of their names.
 */
export interface Hdf5Group {
  readonly kind: "group";
  readonly attributes: readonly Hdf5Attribute[];
  readonly children: ReadonlyMap<string, Hdf5Node>;
}

export interface Hdf5Dataset {
  readonly kind: "dataset";
  readonly attributes: readonly Hdf5Attribute[];
  readonly datatype: Datatype;
  readonly shape: Shape;
  /** Row-major values; of variable-length strings, the strings themselves. */
  readonly data: ByteRange | readonly Uint8Array[];
}

export type Hdf5Node = Hdf5Group | Hdf5Dataset;

export interface Hdf5Attribute {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: Shape;
  /** Row-major values; of variable-length strings, the strings themselves. */
  readonly data: Uint8Array | readonly Uint8Array[];
}

/** Dimensions; `[]` is a scalar, `null` HDF5's null dataspace (no value at all). */
export type Shape = readonly number[] | null;

export interface Datatype {
  readonly class: DatatypeClass;
  /** Bytes per element as stored. */
  readonly size: number;
  /**
   * As numpy and Keras spell it: `float32`, `int8`, `bool`; `string` of variable length; `S12`
   * and `V2` of fixed length; `>f4` big-endian. Otherwise the class and size.
   */
  readonly name: string;
  /** The datatype message as it stands in the file (HDF5 format specification, IV.A.2.d). */
  readonly encoded: Uint8Array;
}

export type DatatypeClass =
  | "integer"
  | "float"
  | "string"
  | "bitfield"
  | "opaque"
  | "compound"
  | "enum"
  | "array"
  | "vlen-string";
