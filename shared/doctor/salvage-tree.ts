import { compareUtf8 } from "../bytes/compare-utf8.ts";
import { CleaveError } from "../errors.ts";
import { stringList, textAttribute } from "../hdf5/attributes.ts";
import type { Hdf5Dataset, Hdf5Group, Hdf5Node } from "../hdf5/model.ts";
import type { PackedDataset } from "../hdf5/packed.ts";
import type { Survivor, SurvivingGroup } from "../hdf5/survivors.ts";
import { topLevelGroup } from "../keras/layers/legacy-file.ts";

/** A tree of what is complete, and what else the file still knows of. */
export interface SalvagedTree {
  readonly tree: Hdf5Group;
  /** Datasets whose place in the tree is lost, by what is left of it: "at_5648/kernel:0". */
  readonly unnamed: ReadonlyMap<string, Hdf5Dataset>;
  /** Paths of objects that are not complete. */
  readonly lost: readonly string[];
  /** Complete datasets whose chunks are still packed, by path. Their values are not there yet. */
  readonly packed: ReadonlyMap<string, PackedDataset>;
}

/** What an architecture says of the groups of a v3 tree, where its layers' names are known. */
export type LayerGroups = readonly { readonly layer: string; readonly path: string }[];

/**
 * Puts complete datasets where they were. Names of a group that are lost, because they stand behind
 * the cut, are taken from what else tells them, and never guessed: the links of a group are in the
 * order of their names, so that a list of these names in the file or the architecture gives them
 * back where none is missing; and a layer's group names its layer itself. In a file that is not cut but
 * damaged, such a list may be damaged as well, and names that are lost stay so.
 */
export function salvageTree(
  root: SurvivingGroup,
  groups: LayerGroups,
  isCut: boolean,
): SalvagedTree {
  const unnamed = new Map<string, Hdf5Dataset>();
  const lost: string[] = [];
  const packed = new Map<string, PackedDataset>();

  const visit = (
    group: SurvivingGroup,
    path: string,
    isNamed: boolean,
    expected: readonly string[],
  ): Hdf5Group => {
    const children = new Map<string, Hdf5Node>();
    const paths = [...expected, ...listedBelow(group)];
    const names = firstParts(paths);
    for (const [index, member] of group.members.entries()) {
      const own = trusted(member, group, groups.length === 0 ? names : []);
      const known = own ?? (isCut ? nameOf(group, index, names, path, groups) : null);
      const name = known ?? `at_${member.address}`;
      const at = path === "" ? name : `${path}/${name}`;
      const isMemberNamed = isNamed && known !== null;
      if (member.kind === "group") {
        const inner = visit(member, at, isMemberNamed, below(paths, name));
        if (isMemberNamed) children.set(name, inner);
      } else if (member.kind === "lost" || member.whole === null) {
        lost.push(at);
      } else if (!isMemberNamed) {
        if (member.whole.packed === null) unnamed.set(at, member.whole.node);
        else lost.push(at);
      } else {
        children.set(name, member.whole.node);
        if (member.whole.packed !== null)
          packed.set(at, { ...member.whole.packed, path: `/${at}` });
      }
    }
    return { kind: "group", attributes: group.attributes, children };
  };

  const expected = groups.map(({ path }) => path);
  return { tree: visit(root, "", true, expected), unnamed, lost, packed };
}

/** Paths below a group that its own lists name (keras/src/legacy/saving/legacy_h5_format.py). */
function listedBelow(group: SurvivingGroup): string[] {
  const layers = list(group, "layer_names");
  return [...layers, ...(layers.length > 0 ? [topLevelGroup] : []), ...list(group, "weight_names")];
}

function list({ attributes }: SurvivingGroup, name: string): readonly string[] {
  try {
    return stringList({ kind: "group", attributes, children: new Map() }, name) ?? [];
  } catch (error) {
    if (error instanceof CleaveError) return []; // no list of names
    throw error;
  }
}

function below(paths: readonly string[], name: string): string[] {
  return paths.flatMap((path) =>
    path.startsWith(`${name}/`) ? [path.slice(name.length + 1)] : [],
  );
}

/** In the order in which HDF5 keeps names. */
function firstParts(paths: readonly string[]): readonly string[] {
  const first = paths.map((expected) => expected.split("/", 1)[0]!).filter((name) => name !== "");
  return [...new Set(first)].toSorted(compareUtf8);
}

/** The name that the group has for it, unless that may be what damage has left of one that is listed. */
function trusted(
  { name }: Survivor,
  { members }: SurvivingGroup,
  listed: readonly string[],
): string | null {
  if (name === null || listed.length === 0 || listed.includes(name)) return name;
  const isLacking = listed.some((other) => members.every((member) => member.name !== other));
  return isLacking ? null : name;
}

/** The name of a group's member, where the group's own names are lost. */
function nameOf(
  group: SurvivingGroup,
  index: number,
  names: readonly string[],
  path: string,
  groups: LayerGroups,
): string | null {
  const { members, isWhole } = group;
  // Not every model has weights of its own beside its layers'.
  const own = names.filter((name) => name !== topLevelGroup);
  const inOrder = [names, own].find(({ length }) => length === members.length);
  if (isWhole && inOrder !== undefined) return inOrder[index]!;
  const told = members.map((member) => namedByItself(member, names, path, groups));
  const name = told[index]!;
  return told.filter((other) => other === name).length === 1 ? name : null;
}

/** What a layer's group says of the layer: names of its weights, or of what it belongs to. */
function namedByItself(
  member: Survivor,
  names: readonly string[],
  path: string,
  groups: LayerGroups,
): string | null {
  if (member.kind !== "group") return null;
  const scopes = list(member, "weight_names").map((weight) => weight.split("/"));
  const named = names.filter(
    (name) => scopes.length > 0 && scopes.every((scope) => scope.includes(name)),
  );
  if (named.length === 1) return named[0]!;
  const vars = member.members.find(({ name }) => name === "vars");
  const layer = vars?.kind === "group" ? text(vars, "name") : null;
  const found = groups.filter((group) => group.layer === layer && folderOf(group.path) === path);
  return found.length === 1 ? found[0]!.path.slice(path.length + 1) : null;
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function text({ attributes }: SurvivingGroup, name: string): string | null {
  try {
    return textAttribute({ kind: "group", attributes, children: new Map() }, name);
  } catch (error) {
    if (error instanceof CleaveError) return null; // no text
    throw error;
  }
}
