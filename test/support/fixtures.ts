import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const fixturesFolder = fileURLToPath(new URL("../fixtures", import.meta.url));

export interface FixtureFile {
  /** Below the fixtures' folder. */
  readonly name: string;
  readonly path: string;
}

function files(pattern: RegExp): FixtureFile[] {
  return readdirSync(fixturesFolder, { recursive: true, encoding: "utf8" })
    .filter((name) => pattern.test(name))
    .toSorted()
    .map((name) => ({ name, path: join(fixturesFolder, name) }));
}

/** Whole models: `save()` of every writer. */
export const modelFiles = files(/(?<!\.(weights|legacyw))\.(h5|keras)$/);

/** Weights alone, not sharded. */
export const weightsFiles = files(/(\.weights|\.legacyw)\.h5$/).filter(
  ({ name }) => !/_\d{5}\.weights\.h5$/.test(name),
);

export function fixture(name: string): string {
  return join(fixturesFolder, name);
}
