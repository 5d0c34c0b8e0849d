import { existsSync, readFileSync } from "node:fs";
import { parseJson, type JsonNode } from "#shared/json/parse.ts";
import type { KerasModel } from "#shared/keras/model.ts";
import { openModel } from "#shared/keras/open-model.ts";
import { OpenFiles } from "#shared/stores/open-files.ts";

/** What a fixture named like that has beside it: `.json`, the record; `.arch.json`. */
export function beside(path: string, ending: string): string {
  return path.replace(/(\.legacyw|\.weights|\.noopt|\.hdf5inside)?\.(h5|keras)$/, ending);
}

/**
 * Calls `use` with a fixture and its architecture, which of a weights file is what `to_json()` gave
 * or that of the whole model beside it.
 */
export async function withFixture<T>(
  path: string,
  use: (model: KerasModel, architecture: JsonNode) => T | Promise<T>,
): Promise<T> {
  const files = new OpenFiles();
  try {
    const { model } = await openModel(path, files);
    const text = model.architecture ?? (await architectureBeside(path));
    return await use(model, parseJson(text, "architecture"));
  } finally {
    await files.close();
  }
}

async function architectureBeside(path: string): Promise<string> {
  const json = beside(path, ".arch.json");
  if (existsSync(json)) return readFileSync(json, "utf8");
  const files = new OpenFiles();
  try {
    return (await openModel(beside(path, ".keras"), files)).model.architecture!;
  } finally {
    await files.close();
  }
}
