import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Small, so that a mutation hits structure and not values. */
const largest = 80 * 1024;
const folders = ["../fixtures", "../hostile", "../hostile-files", "../hdf5/packed", "corpus"].map(
  (name) => fileURLToPath(new URL(name, import.meta.url)),
);

/** Real files of all writers and formats, hostile ones, and what earlier runs have kept. */
export function seeds(): readonly Buffer[] {
  const paths = folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
    );
  return paths
    .filter((path) => /\.(?:keras|h5|bin)$/.test(path))
    .filter((path) => statSync(path).isFile() && statSync(path).size <= largest)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((path) => readFileSync(path));
}
