import type { Layout } from "../bytes/layout.ts";
import { layOutHdf5 } from "../hdf5/lay-out.ts";
import { legacyTree } from "./legacy.ts";
import type { KerasModel } from "./model.ts";
import { layOutV3Archive } from "./v3.ts";

/** Plans the model file of a model's own family: a `.keras` archive or a legacy `.h5`. */
export function layOutModel(model: KerasModel): Layout {
  return model.family === "v3" ? layOutV3Archive(model) : layOutHdf5(legacyTree(model));
}
