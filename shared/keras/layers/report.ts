/** What comparing an architecture with weights gives; plain data, ready for JSON. */
export interface WeightsMatch {
  readonly model: { readonly className: string; readonly name: string | null };
  /**
   * Depth first in model order. The model itself is not listed, nested models and wrappers are. A
   * model of a custom class, whose config names no layers, is listed as one layer of that class.
   */
  readonly layers: readonly LayerMatch[];
  /** Expected variables in model order, then tensors of nobody. Every tensor exactly once. */
  readonly variables: readonly VariableMatch[];
  readonly counts: MatchCounts;
}

export type LayerStatus = "ok" | "mismatch" | "not checked";

export interface LayerMatch {
  /** Layer names from the outermost model down, joined by "/": "encoder/dense_1". Unique. */
  readonly path: string;
  readonly name: string;
  readonly className: string;
  /** 0 for layers of the model itself, 1 for those of a model or wrapper in it, … */
  readonly depth: number;
  readonly kind: "model" | "layer";
  readonly trainable: boolean;
  /** "not checked": at least one thing about it could not be judged, and nothing is wrong. */
  readonly status: LayerStatus;
  /** Elements in its tensors, those of layers inside it included. */
  readonly parameters: number;
  /** With the batch dimension; null per dimension where free; null where the config does not tell. */
  readonly outputShape: readonly (number | null)[] | null;
  /** Legacy files: the name the file has it under, where that is another one (matched by position). */
  readonly savedAs: string | null;
}

export type Problem = "missing" | "extra" | "shape" | "dtype" | "order";

/** By the variable's own name; by a v3 path, which stands for layer and variable; by order alone. */
export type How = "name" | "path" | "position";

export interface VariableMatch {
  /** Path of the layer in `layers`; null: of nobody; "": of the model itself. */
  readonly layer: string | null;
  /** "kernel"; null for a tensor whose meaning is not known. */
  readonly variable: string | null;
  /** Path in the weights tree, "layers/dense/vars/0" or "dense/dense/kernel:0"; null when missing. */
  readonly tensor: string | null;
  /** null: not checked. */
  readonly expectedShape: readonly (number | null)[] | null;
  /** null: missing. */
  readonly actualShape: readonly number[] | null;
  /** null: not checked. */
  readonly expectedDtype: string | null;
  /** numpy-like; "bfloat16" where the file says so by attribute. null: missing. */
  readonly actualDtype: string | null;
  /** null: missing or not attributed. */
  readonly how: How | null;
  readonly trainable: boolean | null;
  /** A second copy of another row's tensor (SpectralNormalization, TextVectorization); not counted. */
  readonly duplicate: boolean;
  readonly problem: Problem | null;
}

export interface MatchCounts {
  readonly layers: number;
  /** Layers with status "not checked". */
  readonly notChecked: number;
  readonly tensors: number;
  readonly byPosition: number;
  /** Elements, without second copies. */
  readonly parameters: number;
  readonly trainable: number;
  readonly problems: number;
  readonly missing: number;
  readonly extra: number;
  readonly shape: number;
  readonly dtype: number;
  readonly order: number;
}
