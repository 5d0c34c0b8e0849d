import type { RuleId } from "../scan/rules.ts";
import type { ErrorCode } from "../errors.ts";
import type { PackedDataset } from "./packed.ts";

/** What the worker is to unpack. Everything in it is plain data. */
export interface UnpackJob {
  /** Of the HDF5 file. */
  readonly path: string;
  /** Where the values go; the file is there and as long as all of them. */
  readonly target: string;
  readonly datasets: readonly UnpackedDataset[];
  /** How many datasets the file has, packed or not. */
  readonly datasetCount: number;
  /** The most that h5wasm may take, in bytes. */
  readonly memory: number;
}

export interface UnpackedDataset extends Omit<PackedDataset, "datatype" | "length"> {
  /** Bytes of an element. */
  readonly elementSize: number;
  /** Where its values start in the target, in bytes. */
  readonly offset: number;
}

/** What the worker says at its end. */
export type UnpackResult =
  | { readonly done: true }
  | {
      readonly done: false;
      readonly code: ErrorCode;
      readonly rule?: RuleId | undefined;
      readonly message: string;
    };
