import { buildTree } from "../../hdf5/build-tree.ts";
import type { Hdf5Attribute, Hdf5Dataset, Hdf5Group } from "../../hdf5/model.ts";
import { stringListAttributes } from "../../hdf5/string-list.ts";

export interface LegacyLayer {
  readonly name: string;
  /** In the order that Keras reads them; paths in the layer's group. */
  readonly weights: readonly (readonly [path: string, node: Hdf5Dataset])[];
}

/**
 * The tree of a legacy weights file (keras/src/legacy/saving/legacy_h5_format.py,
 * `save_weights_to_hdf5_group`).
 *
 * @param attributes of an older tree's root: all but its list of layers stay
 */
export function legacyWeightsTree(
  layers: readonly LegacyLayer[],
  attributes: readonly Hdf5Attribute[],
): Hdf5Group {
  const kept = attributes.filter(({ name }) => !/^layer_names\d*$/.test(name));
  const names = layers.map(({ name }) => name);
  return buildTree({
    datasets: layers.flatMap(({ name, weights }) =>
      weights.map(([path, node]) => [`${name}/${path}`, node] as const),
    ),
    attributes: [
      ["", [...stringListAttributes("layer_names", names), ...kept]],
      ...layers.map(({ name, weights }): [string, Hdf5Attribute[]] => {
        const paths = weights.map(([path]) => path);
        return [name, stringListAttributes("weight_names", paths)];
      }),
    ],
  });
}
