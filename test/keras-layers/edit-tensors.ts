import { stringList } from "#shared/hdf5/attributes.ts";
import type { Hdf5Dataset, Hdf5Group, Hdf5Node } from "#shared/hdf5/model.ts";
import { strings } from "./models.ts";

/**
 * The tree with each dataset replaced, or, where `edit` gives null, left out: out of a legacy
 * group's `weight_names` as well.
 */
export function editTensors(
  group: Hdf5Group,
  edit: (path: string, tensor: Hdf5Dataset) => Hdf5Dataset | null,
  path = "",
): Hdf5Group {
  const children = new Map<string, Hdf5Node>();
  for (const [name, child] of group.children) {
    const at = path === "" ? name : `${path}/${name}`;
    const edited = child.kind === "group" ? editTensors(child, edit, at) : edit(at, child);
    if (edited !== null) children.set(name, edited);
  }
  const names = stringList(group, "weight_names");
  if (names === undefined) return { ...group, children };
  const left = names.filter((name) => isThere({ ...group, children }, name.split("/")));
  const others = group.attributes.filter(({ name }) => !name.startsWith("weight_names"));
  return { ...group, children, attributes: [...others, strings("weight_names", left)] };
}

function isThere(group: Hdf5Group, [name, ...rest]: readonly string[]): boolean {
  const child = group.children.get(name!);
  if (rest.length === 0) return child !== undefined;
  return child?.kind === "group" && isThere(child, rest);
}
