import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { allDatasets } from "#shared/hdf5/tree.ts";
import type { VariableMatch } from "#shared/keras/layers/report.ts";
import type { KerasModel } from "#shared/keras/model.ts";
import { fixtures, match, readFixture, type RecordedWeight } from "./fixtures.ts";

describe("a file that Keras wrote fits its own architecture", () => {
  test.each(fixtures())("$path", async ({ path, record }) => {
    const { model, architecture, source } = await readFixture(path);
    try {
      const found = match(model, architecture);

      expect(found.variables.filter(({ problem }) => problem !== null)).toEqual([]);
      expect(tensorsOf(found.variables)).toEqual(
        allDatasets(model.weights).map(({ path: tensor }) => tensor),
      );
      expect(new Set(found.layers.map((layer) => layer.path)).size).toBe(found.layers.length);
      if (record.weights) {
        const wrong = await wrongNames(found.variables, model, record.weights);
        expect(wrong).toEqual([]);
      }
    } finally {
      await source.close();
    }
  });
});

function tensorsOf(variables: readonly VariableMatch[]): readonly string[] {
  const paths = variables.flatMap(({ tensor }) => tensor ?? []);
  const inOrder = allPaths(paths);
  return inOrder;
}

/** As `allDatasets` orders them: level by level, byte by byte. */
function allPaths(paths: readonly string[]): readonly string[] {
  const depth = (path: string): number => path.split("/").length;
  return paths.toSorted((a, b) => depth(a) - depth(b) || compareParts(a, b));
}

function compareParts(a: string, b: string): number {
  const [first, second] = [a.split("/"), b.split("/")];
  for (const [index, part] of first.entries()) {
    const order = Buffer.compare(Buffer.from(part), Buffer.from(second[index] ?? ""));
    if (order !== 0) return order;
  }
  return 0;
}

/** Variables whose bytes are those of a variable with another name, in the writer's own words. */
async function wrongNames(
  variables: readonly VariableMatch[],
  model: KerasModel,
  recorded: readonly RecordedWeight[],
): Promise<readonly string[]> {
  const datasets = new Map(allDatasets(model.weights).map(({ path, node }) => [path, node]));
  const wrong: string[] = [];
  for (const { variable, tensor } of variables) {
    const data = tensor === null ? undefined : datasets.get(tensor)?.data;
    if (variable === null || data === undefined || !("source" in data)) continue;
    const bytes = await data.source.read(data.offset, data.length);
    const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
    const names = recorded.filter(({ sha256_16 }) => sha256_16 === hash).map(({ name }) => name);
    const isNamed = names.filter((name) => name !== "");
    if (isNamed.length > 0 && !isNamed.some((name) => ends(name, variable))) {
      wrong.push(`${tensor} is ${names.join(" or ")}, not ${variable}`);
    }
  }
  return wrong;
}

function ends(name: string, variable: string): boolean {
  const bare = name.replace(/^b'(.*)'(?:_\d+)?$/, "$1").replace(/:\d+$/, "");
  const last = variable.slice(variable.lastIndexOf("/") + 1);
  return bare === last || bare.endsWith(`/${last}`) || bare.endsWith(`_${last}`);
}
