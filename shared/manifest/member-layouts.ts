import { layout, type Layout } from "../bytes/layout.ts";
import type { KerasModel } from "../keras/model.ts";
import { sorted } from "../keras/v3.ts";
import * as names from "./names.ts";

/** Artifacts of what a container holds beside architecture and tensors, by their names. */
export function memberLayouts({
  assets,
  container,
}: Pick<KerasModel, "assets" | "container">): Map<string, Layout> {
  const layouts = new Map<string, Layout>();
  for (const [name, range] of sorted(assets)) {
    layouts.set(`${names.assetsFolder}/${name}`, layout([range]));
  }
  for (const [name, range] of sorted(container.otherMembers)) {
    layouts.set(`${names.otherMembersFolder}/${name}`, layout([range]));
  }
  return layouts;
}
