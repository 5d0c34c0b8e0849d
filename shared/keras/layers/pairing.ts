import type { Hdf5Dataset } from "../../hdf5/model.ts";
import type { Located } from "../../hdf5/tree.ts";
import type { How } from "./report.ts";
import type { Variable } from "./variable.ts";
import type { Layer } from "./walk.ts";

/** A variable and its tensor, one of both possibly absent, before shape and dtype are judged. */
export interface Pair {
  /** null: nobody's. */
  readonly owner: Layer | null;
  readonly variable: Variable | null;
  /** The variable's name as the file has it, where it does. */
  readonly spelling: string | null;
  readonly tensor: Located<Hdf5Dataset> | null;
  readonly how: How | null;
  readonly duplicate: boolean;
  readonly problem: "missing" | "extra" | "order" | null;
  /** v3 files: the path that a missing variable would have. */
  readonly place: string | null;
}

/** Which tensor is which variable, in one family of files. */
export interface Pairing {
  /** Variables in model order; a tensor stands in one pair. */
  readonly pairs: readonly Pair[];
  /** Layers about which something could not be told. */
  readonly notChecked: ReadonlySet<Layer>;
  readonly savedAs: ReadonlyMap<Layer, string>;
  /** v3 files: paths of the groups that layers have. */
  readonly groups: ReadonlyMap<Layer, string>;
}

export function missing(owner: Layer, variable: Variable, place: string | null = null): Pair {
  return {
    owner,
    variable,
    spelling: null,
    tensor: null,
    how: null,
    duplicate: false,
    problem: "missing",
    place,
  };
}

/** A tensor that no variable is known for: too much where everything there is known. */
export function unattributed(
  owner: Layer | null,
  tensor: Located<Hdf5Dataset>,
  problem: "extra" | null,
  spelling: string | null = null,
): Pair {
  const how = spelling === null ? null : "name";
  return { owner, variable: null, spelling, tensor, how, duplicate: false, problem, place: null };
}
