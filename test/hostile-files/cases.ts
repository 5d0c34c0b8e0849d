import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Digest } from "./digest.ts";

/** What may become of a file: refused, read with findings, read as any other, or without a word. */
export type Outcome = "reject" | "flag" | "work" | "clean";

/** A damaged, foreign or unusual file. */
export interface HostileCase {
  readonly id: string;
  /** `A-…`: hostile in its configuration, HDF5 or ZIP. `B-…`: broken, or unusual and right. `C-clean`. */
  readonly group: string;
  readonly file: string;
  readonly what: string;
  readonly expected: Outcome;
  /** What else is right. */
  readonly also_ok?: readonly Outcome[];
  /** Words that a refusal or a finding must have. */
  readonly must_mention?: readonly string[];
  /** What h5py found in the file. */
  readonly truth?: Digest;
  /** Spellings of numbers in the architecture that must stay as they are. */
  readonly must_keep_in_config?: readonly string[];
}

export const allCases = JSON.parse(
  readFileSync(new URL("cases.json", import.meta.url), "utf8"),
) as readonly HostileCase[];

/** Those whose outcome does not depend on what a scan thinks of them. */
export const cases = allCases.filter(({ group }) => group.startsWith("B-"));

/** Files that the tests of the HDF5 reader have too stand in `test/hostile`, once. */
export function pathOf({ file }: HostileCase): string {
  const [here, there] = [
    new URL(file, import.meta.url),
    new URL(`../hostile/${file}`, import.meta.url),
  ];
  return fileURLToPath(existsSync(here) ? here : there);
}
