import { dtypeOf } from "../dtype.ts";
import { expectedDtype, isDtype } from "./dtype-policy.ts";
import { inputSizes, withInputShape } from "./input-sizes.ts";
import { tensorShapes, type TensorShapes } from "./output-shape/output-shapes.ts";
import type { Pair, Pairing } from "./pairing.ts";
import type { LayerMatch, MatchCounts, VariableMatch, WeightsMatch } from "./report.ts";
import { expectedShape, fits, type Sizes } from "./shape.ts";
import type { Layer } from "./walk.ts";

/** Judges shapes and dtypes of paired tensors and sums up per layer and in all. */
export function judge(
  root: Layer,
  pairing: Pairing,
  version: string | null,
  isOwn: boolean,
): WeightsMatch {
  const shapes = tensorShapes(root);
  // What a config seems to say of sizes is no proof against the weights it was saved with.
  const judged = judgePairs(root, pairing.pairs, version, isOwn ? undefined : shapes.inputs);
  const layers = listLayers(root, pairing, judged, shapes);
  const variables = judged.map(({ row }) => row);
  return {
    model: { className: root.className, name: root.kind === "model" ? root.name : null },
    layers,
    variables,
    counts: count(layers, variables),
  };
}

/** A pair with what is said of it. */
export interface Judged {
  readonly pair: Pair;
  readonly row: VariableMatch;
}

/**
 * In model order.
 *
 * @param inputs shapes of what layers are called on, where free dimensions are to be settled by them
 *   and not by the tensors that are there
 */
export function judgePairs(
  root: Layer,
  pairs: readonly Pair[],
  version: string | null,
  inputs?: TensorShapes["inputs"],
): readonly Judged[] {
  const sizes = new Map<Layer, Sizes>();
  const sizesOf = (layer: Layer): Sizes => {
    const known = sizes.get(layer) ?? (inputs ? inputSizes(layer, inputs.get(layer)) : new Map());
    sizes.set(layer, known);
    return known;
  };
  const shaped = ({ owner, variable, ...rest }: Pair): Pair => {
    const known = owner !== null && variable !== null && inputs !== undefined;
    const found = known ? withInputShape(owner, variable, inputs.get(owner)) : variable;
    return { owner, variable: found, ...rest };
  };
  return inModelOrder(root, pairs).map((pair) => ({
    pair,
    row: judgePair(shaped(pair), root, sizesOf, version),
  }));
}

/** Layer by layer, tensors of nobody last; within a layer as they are. */
function inModelOrder(root: Layer, pairs: readonly Pair[]): readonly Pair[] {
  const places = new Map<Layer | null, number>();
  const number = (layer: Layer): void => {
    places.set(layer, places.size);
    for (const child of layer.children) number(child.layer);
  };
  number(root);
  const place = ({ owner }: Pair): number => places.get(owner) ?? places.size;
  return pairs.toSorted((a, b) => place(a) - place(b));
}

function judgePair(
  { owner, variable, spelling, tensor, how, duplicate, problem }: Pair,
  root: Layer,
  sizesOf: (layer: Layer) => Sizes,
  version: string | null,
): VariableMatch {
  const settled: Sizes = owner === null ? new Map() : sizesOf(owner);
  const actualShape = tensor === null ? null : (tensor.node.shape ?? []);
  const actualDtype = tensor === null ? null : dtypeOf(tensor.node);
  const stated =
    owner === null || variable === null ? null : expectedDtype(owner, variable, version);
  const hasShape =
    variable === null || actualShape === null || fits(variable, actualShape, settled);
  const hasDtype = stated === null || actualDtype === null || isDtype(stated, actualDtype);
  return {
    layer: owner === null ? null : pathOf(owner, root),
    variable: spelling ?? variable?.name ?? null,
    tensor: tensor?.path ?? null,
    expectedShape: variable === null ? null : expectedShape(variable, settled),
    actualShape,
    expectedDtype: stated,
    actualDtype,
    how,
    trainable: owner === null || variable === null ? null : variable.trainable && owner.trainable,
    duplicate,
    problem: problem ?? (hasShape ? (hasDtype ? null : "dtype") : "shape"),
  };
}

/** A root of a custom class, which has no layers to list, is listed itself. */
function pathOf(layer: Layer, root: Layer): string {
  return layer === root && root.kind === "layer" ? root.name : layer.path;
}

function listLayers(
  root: Layer,
  pairing: Pairing,
  judged: readonly Judged[],
  { outputs }: TensorShapes,
): LayerMatch[] {
  const problems = new Set<Layer>();
  const elements = new Map<Layer, number>();
  for (const { pair, row } of judged) {
    const { owner } = pair;
    if (owner === null) continue;
    if (row.problem !== null) problems.add(owner);
    if (!row.duplicate) elements.set(owner, (elements.get(owner) ?? 0) + elementsOf(row));
  }
  const listed: LayerMatch[] = [];
  const list = (layer: Layer, depth: number): number => {
    const at = listed.length;
    if (depth >= 0) listed.push(describe(layer, depth, 0));
    let parameters = elements.get(layer) ?? 0;
    for (const child of layer.children) parameters += list(child.layer, depth + 1);
    if (depth >= 0) listed[at] = describe(layer, depth, parameters);
    return parameters;
  };
  const describe = (layer: Layer, depth: number, parameters: number): LayerMatch => ({
    path: pathOf(layer, root),
    name: layer.name,
    className: layer.className,
    depth,
    kind: layer.kind,
    trainable: layer.trainable,
    status: problems.has(layer) ? "mismatch" : pairing.notChecked.has(layer) ? "not checked" : "ok",
    parameters,
    outputShape: outputs.get(layer) ?? null,
    savedAs: pairing.savedAs.get(layer) ?? null,
  });
  list(root, root.kind === "model" ? -1 : 0);
  return listed;
}

function elementsOf({ actualShape }: VariableMatch): number {
  return actualShape === null ? 0 : actualShape.reduce((product, size) => product * size, 1);
}

function count(layers: readonly LayerMatch[], variables: readonly VariableMatch[]): MatchCounts {
  const present = variables.filter(({ tensor }) => tensor !== null);
  const own = present.filter(({ duplicate }) => !duplicate);
  const of = (problem: string): number =>
    variables.filter((found) => found.problem === problem).length;
  return {
    layers: layers.length,
    notChecked: layers.filter(({ status }) => status === "not checked").length,
    tensors: present.length,
    byPosition: present.filter(({ how }) => how === "position").length,
    parameters: sumOfElements(own),
    trainable: sumOfElements(own.filter(({ trainable }) => trainable === true)),
    problems: variables.filter(({ problem }) => problem !== null).length,
    missing: of("missing"),
    extra: of("extra"),
    shape: of("shape"),
    dtype: of("dtype"),
    order: of("order"),
  };
}

function sumOfElements(rows: readonly VariableMatch[]): number {
  return rows.reduce((total, found) => total + elementsOf(found), 0);
}
