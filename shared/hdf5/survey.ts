import type { ByteRange } from "../bytes/source.ts";
import { GlobalHeap } from "./global-heap.ts";
import type { Hdf5Attribute } from "./model.ts";
import { readObjectHeader } from "./object-header.ts";
import { readAttributes } from "./read-attributes.ts";
import type { FileParts } from "./read-dataset.ts";
import { readSuperblock } from "./superblock.ts";
import { findSurvivors, openCut, statedEnd, type Survivor, type Survivors } from "./survivors.ts";

/** How much is left of an HDF5 file. */
export interface Survey {
  /** In bytes, as the superblock has it. */
  readonly stated: number;
  readonly found: number;
  /** Datasets all of whose values are there. */
  readonly complete: number;
  /** Datasets that links lead to. */
  readonly datasets: number;
  /** Whether some links could not be followed, so that there are at least as many. */
  readonly isPartial: boolean;
}

/**
 * Counts what a truncated file still holds. Nothing of it is given to anybody.
 *
 * @returns undefined where the file is as long as its superblock says, or says nothing
 */
export async function surveyTruncated(range: ByteRange): Promise<Survey | undefined> {
  const stated = await statedEnd(range);
  if (stated === undefined || stated <= range.length) return undefined;
  return surveyOf(await findSurvivors(range));
}

/** Counts what was found. */
export function surveyOf({ stated, found, root }: Survivors): Survey {
  let complete = 0;
  let datasets = 0;
  let isPartial = false;
  const waiting: Survivor[] = root === null ? [] : [root];
  for (let next; (next = waiting.pop());) {
    if (next.kind === "lost") isPartial = true;
    else if (next.kind === "dataset") {
      datasets += 1;
      if (next.whole !== null) complete += 1;
    } else {
      if (!next.isWhole) isPartial = true;
      waiting.push(...next.members);
    }
  }
  return { stated, found, complete, datasets, isPartial };
}

/**
 * The attributes of the root group, however little else of a file can be read.
 *
 * @throws CleaveError as the reader
 */
export async function rootAttributes(range: ByteRange): Promise<readonly Hdf5Attribute[]> {
  const file = openCut(range, (await statedEnd(range)) ?? 0);
  const superblock = await readSuperblock(file);
  const parts: FileParts = { file, superblock, heap: new GlobalHeap(file) };
  const messages = await readObjectHeader(file, superblock.rootAddress, "/");
  return readAttributes(parts, messages, "/");
}
