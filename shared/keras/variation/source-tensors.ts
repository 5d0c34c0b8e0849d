import { attribute, stringBytes } from "../../hdf5/attributes.ts";
import type { Hdf5Dataset, Hdf5Group } from "../../hdf5/model.ts";
import { allDatasets } from "../../hdf5/tree.ts";
import { parseArchitecture } from "../architecture-text.ts";
import { readSavedLayers } from "../layers/legacy-file.ts";
import { lastPart, scopesOf } from "../layers/legacy-names.ts";
import { pairLegacy } from "../layers/pair-legacy.ts";
import { pairV3 } from "../layers/pair-v3.ts";
import { joinPath, walkArchitecture, type Layer } from "../layers/walk.ts";
import type { KerasModel } from "../model.ts";

/** A tensor of given weights, with the names it can be found by. */
export interface SourceTensor {
  /** In the tree of the weights. */
  readonly path: string;
  readonly node: Hdf5Dataset;
  /** The layers it stands in as far as their names are known, the outermost first. */
  readonly layers: readonly SourceLayer[];
  /** "kernel"; null where nothing tells. */
  readonly variable: string | null;
}

export interface SourceLayer {
  /** Names of layers joined by "/", as `LayerMatch.path`. */
  readonly path: string;
  /** The tensor's path inside the layer's group: "cell/vars/0", "lstm_cell/kernel:0". */
  readonly rest: string;
}

/**
 * The tensors of weights with the names of their layers: from the architecture that stands with
 * them; else from `layer_names` and `weight_names` of a legacy file, or the names that Keras 3.6
 * and later writes to every `vars` group of a v3 file. Where none of these tells, `layers` is empty.
 */
export function sourceTensors(model: KerasModel): readonly SourceTensor[] {
  const root =
    model.architecture === null ? null : walkArchitecture(parseArchitecture(model.architecture));
  if (model.family === "legacy") return legacyTensors(model.weights, root);
  return root === null
    ? v3TensorsByAttributes(model.weights)
    : v3Tensors(model.weights, root, model.keras.version);
}

function v3Tensors(
  weights: Hdf5Group,
  root: Layer,
  version: string | null,
): readonly SourceTensor[] {
  const { pairs, groups } = pairV3(root, weights, version);
  const above = ancestors(root);
  return pairs.flatMap(({ owner, variable, tensor }): SourceTensor[] => {
    if (tensor === null) return [];
    const chain = owner === null ? [] : [...above.get(owner)!, owner];
    const layers = chain.flatMap((layer): SourceLayer[] => {
      const group = `${groups.get(layer)}/`;
      if (layer.path === "" || !tensor.path.startsWith(group)) return [];
      return [{ path: layer.path, rest: tensor.path.slice(group.length) }];
    });
    return [{ ...tensor, layers, variable: variable?.name ?? null }];
  });
}

function v3TensorsByAttributes(weights: Hdf5Group): readonly SourceTensor[] {
  return allDatasets(weights).map(({ path, node }) => {
    const layers: SourceLayer[] = [];
    const names = path.split("/");
    let group: Hdf5Group = weights;
    for (const [index, name] of names.slice(0, -1).entries()) {
      const child = group.children.get(name);
      if (child?.kind !== "group") break;
      group = child;
      const layer = nameOf(group);
      if (layer === null) continue;
      const rest = names.slice(index + 1).join("/");
      layers.push({ path: joinPath(layers.at(-1)?.path ?? "", layer), rest });
    }
    return { path, node, layers, variable: null };
  });
}

/** Written since Keras 3.6 (keras/src/saving/saving_lib.py, `_save_state`). */
function nameOf(group: Hdf5Group): string | null {
  const vars = group.children.get("vars");
  const name = vars && attribute(vars, "name");
  const [bytes] = (name && stringBytes(name)) ?? [];
  return bytes === undefined ? null : Buffer.from(bytes).toString("utf8");
}

function legacyTensors(weights: Hdf5Group, root: Layer | null): readonly SourceTensor[] {
  const known = root === null ? new Map<Hdf5Dataset, SourceTensor>() : knownLegacy(weights, root);
  const listed = readSavedLayers(weights).flatMap(({ name, tensors }) =>
    tensors.map(({ name: weightName, tensor }): SourceTensor => {
      const scopes = scopesOf(weightName);
      const inner = scopes[0] === name ? scopes.slice(1) : scopes;
      const last = lastPart(weightName);
      const layers = [...inner.keys(), inner.length].map((depth): SourceLayer => {
        const path = [name, ...inner.slice(0, depth)].join("/");
        return { path, rest: [...inner.slice(depth), last].join("/") };
      });
      return known.get(tensor.node) ?? { ...tensor, layers, variable: last };
    }),
  );
  const seen = new Set(listed.map(({ node }) => node));
  const others = allDatasets(weights).filter(({ node }) => !seen.has(node));
  return [...listed, ...others.map((tensor) => ({ ...tensor, layers: [], variable: null }))];
}

/** Tensors of which the architecture says which variable of which layer they are. */
function knownLegacy(weights: Hdf5Group, root: Layer): ReadonlyMap<Hdf5Dataset, SourceTensor> {
  const above = ancestors(root);
  const found = new Map<Hdf5Dataset, SourceTensor>();
  for (const { owner, variable, spelling, tensor } of pairLegacy(root, weights).pairs) {
    if (owner === null || variable === null || tensor === null) continue;
    const chain = [...above.get(owner)!, owner].filter(({ path }) => path !== "");
    const layers = chain.map(({ path }) => {
      const inner = owner.path === path ? "" : owner.path.slice(path.length + 1);
      return { path, rest: joinPath(inner, spelling ?? variable.name) };
    });
    found.set(tensor.node, { ...tensor, layers, variable: variable.name });
  }
  return found;
}

/** Of every layer the layers around it, the outermost first. */
function ancestors(root: Layer): ReadonlyMap<Layer, readonly Layer[]> {
  const above = new Map<Layer, readonly Layer[]>([[root, []]]);
  for (const [layer, outer] of above) {
    for (const child of layer.children) above.set(child.layer, [...outer, layer]);
  }
  return above;
}
