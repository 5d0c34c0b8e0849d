import type { LocatedHdf5 } from "../hdf5/read.ts";
import type { LocatedZip } from "../zip/read.ts";
import type { KerasModel, UnclaimedBytes } from "./model.ts";

/** What belongs to nothing in an HDF5 file, which is one itself or stands in an archive. */
export function unclaimedIn(
  { unused, trailing }: LocatedHdf5,
  part: string | null,
): readonly UnclaimedBytes[] {
  return [
    ...unused.map((range): UnclaimedBytes => ({ part, place: "unused", range })),
    ...(trailing === null ? [] : [{ part, place: "behind" as const, range: trailing }]),
  ];
}

/** The same of an archive. */
export function unclaimedInArchive({
  prefix,
  gaps,
  comment,
}: LocatedZip): readonly UnclaimedBytes[] {
  return [
    ...(prefix === null ? [] : [{ part: null, place: "before" as const, range: prefix }]),
    ...gaps.map((range): UnclaimedBytes => ({ part: null, place: "between", range })),
    ...(comment === null ? [] : [{ part: null, place: "comment" as const, range: comment }]),
  ];
}

export function withUnclaimed(model: KerasModel, more: readonly UnclaimedBytes[]): KerasModel {
  const unclaimed = [...model.container.unclaimed, ...more];
  return { ...model, container: { ...model.container, unclaimed } };
}
