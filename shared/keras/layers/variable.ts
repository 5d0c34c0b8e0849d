/**
 * One dimension of a variable: a size the config fixes; a multiple of a size that only has to be
 * the same wherever the layer uses it (`in`, times depth_multiplier); or any.
 */
export type Dim = number | SharedDim | null;

export interface SharedDim {
  readonly symbol: string;
  readonly times: number;
  /** The dimension is the symbol's size divided by this: input channels per group. */
  readonly over: number;
}

/** A variable that a layer is expected to have. */
export interface Variable {
  /** As Keras 2 and 3 name it, below what holds it: `kernel`, `query/kernel`. */
  readonly name: string;
  /** Last parts of the names files have it under, that of `name` included. */
  readonly spellings: readonly string[];
  /** null: not checked. */
  readonly shape: readonly Dim[] | null;
  /** Other layouts that Keras's loader of legacy files converts. */
  readonly convertible: readonly (readonly Dim[])[];
  readonly trainable: boolean;
  /**
   * Whether its dtype is the layer's; "float32" where it is only known to be when the layer's is
   * float32 (older versions do not hand other policies on to cells and projections); null: not checked.
   */
  readonly dtype: "layer" | "float32" | null;
  /** Sub-paths in v3 files of what holds it, as different versions spell them; "" is the layer. */
  readonly holders: readonly string[];
  /** May be absent: the config does not tell. */
  readonly optional: boolean;
  /** A variable of a layer inside, which v3 files hold a second time here and legacy files do not. */
  readonly isCopy: boolean;
}

export interface Expectation {
  /** In storage order. */
  readonly variables: readonly Variable[];
  /** What else may be there is unknown: extra tensors are not checked. */
  readonly isOpen: boolean;
}

type Options = Partial<Omit<Variable, "name" | "shape" | "spellings">> & {
  readonly spellings?: readonly string[];
};

export function variable(
  name: string,
  shape: readonly Dim[] | null,
  options: Options = {},
): Variable {
  const last = name.slice(name.lastIndexOf("/") + 1);
  return {
    convertible: [],
    trainable: true,
    dtype: "layer",
    holders: [""],
    optional: false,
    isCopy: false,
    ...options,
    name,
    shape,
    spellings: [last, ...(options.spellings ?? [])],
  };
}

export function dim(symbol: string, times = 1, over = 1): SharedDim {
  return { symbol, times, over };
}

/** The multiple of a size that the config may leave open. */
export function multiple(size: number | undefined, factor: number): Dim {
  return size === undefined ? null : size * factor;
}

export function fixed(size: number | undefined): Dim {
  return size ?? null;
}

export function closed(...variables: readonly (Variable | false)[]): Expectation {
  return { variables: variables.filter((found) => found !== false), isOpen: false };
}

/** Nothing is known about the layer's variables. */
export const unknown: Expectation = { variables: [], isOpen: true };

export const weightless: Expectation = { variables: [], isOpen: false };
