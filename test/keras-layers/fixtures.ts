import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseJson } from "#shared/json/parse.ts";
import { matchWeights } from "#shared/keras/layers/match.ts";
import type { WeightsMatch } from "#shared/keras/layers/report.ts";
import type { KerasModel } from "#shared/keras/model.ts";
import { readModel } from "#shared/keras/read-model.ts";
import { openFile, type FileSource } from "#shared/stores/open-file.ts";

const root = join(import.meta.dirname, "../fixtures");

/** A model or weights file of `test/fixtures`, and what its writer recorded about it. */
export interface Fixture {
  readonly path: string;
  readonly record: FixtureRecord;
}

interface FixtureRecord {
  readonly needs_code?: boolean;
  readonly weights?: readonly RecordedWeight[];
  readonly files: readonly { readonly name: string; readonly reloads_in_writer?: boolean | null }[];
}

export interface RecordedWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly sha256_16: string;
}

/** Every file that a real Keras wrote, shards of one file apart. */
export function fixtures(): readonly Fixture[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: directory }) =>
      readdirSync(join(root, directory))
        .filter((file) => /\.(?:h5|keras)$/.test(file) && !/_\d{5}\.weights\.h5$/.test(file))
        .map((file) => fixture(`${directory}/${file}`)),
    );
}

export function fixture(path: string): Fixture {
  const text = readFileSync(join(root, `${withoutEndings(path)}.json`), "utf8");
  return { path, record: JSON.parse(text) as FixtureRecord };
}

/** The opened model with an architecture, from a neighbour where the file itself has none. */
export async function readFixture(
  path: string,
): Promise<{ model: KerasModel; architecture: string; source: FileSource }> {
  const source = await openFile(join(root, path));
  const model = await readModel(source);
  return { model, source, architecture: model.architecture ?? (await neighbour(path)) };
}

async function neighbour(path: string): Promise<string> {
  const base = join(root, withoutEndings(path));
  if (existsSync(`${base}.arch.json`)) return readFileSync(`${base}.arch.json`, "utf8");
  const source = await openFile(`${base}.keras`);
  const { architecture } = await readModel(source);
  await source.close();
  return architecture ?? "";
}

export function match(model: KerasModel, architecture: string): WeightsMatch {
  return matchWeights({
    architecture: parseJson(architecture, "architecture"),
    family: model.family,
    weights: model.weights,
    version: model.keras.version,
  });
}

function withoutEndings(path: string): string {
  return path.replace(/^([^/]*\/[^.]*)\..*$/, "$1");
}
