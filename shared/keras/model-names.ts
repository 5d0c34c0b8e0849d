import type { Family } from "./model.ts";

/** Names that whole models of a family have: Keras picks the reader by them (keras/src/saving/saving_api.py, load_model). */
export const modelNames: Readonly<Record<Family, RegExp>> = {
  v3: /\.keras$/i,
  legacy: /\.(?:h5|hdf5)$/i,
};
