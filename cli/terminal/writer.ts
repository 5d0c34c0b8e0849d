import type { Family, KerasVersion } from "../../shared/keras/model.ts";
import { plain } from "./format.ts";

/** "Keras 2.3.1 (theano), legacy HDF5". */
export function writer(family: Family, { version, backend }: KerasVersion): string {
  const format = family === "v3" ? "Keras v3 format" : "legacy HDF5";
  const keras = version === null ? "Keras of an unstated version" : `Keras ${plain(version)}`;
  return `${keras}${backend === null ? "" : ` (${plain(backend)})`}, ${format}`;
}
