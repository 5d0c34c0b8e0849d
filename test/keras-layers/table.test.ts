import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { walkArchitecture } from "#shared/keras/layers/walk.ts";
import { expectationOf } from "#shared/keras/layers/expected.ts";
import { json, legacyTree, match, oldLayer, type Settings } from "./models.ts";

/**
 * Layers as real Keras wrote them into `.h5` files: the config without values of initializers and the like,
 * and the weights' names, with "x" for the layer's, in order.
 */
interface RecordedLayer {
  readonly writer: string;
  readonly layer: Settings & { readonly class_name: string };
  readonly weights: readonly (readonly [name: string, shape: readonly number[]])[];
}

const recorded = JSON.parse(
  readFileSync(new URL("recorded-layers.json", import.meta.url), "utf8"),
) as readonly RecordedLayer[];

const cases = recorded.map((found, index) => ({
  ...found,
  title: `${found.writer}: ${found.layer.class_name} ${index}`,
}));

function versionOf({ writer }: RecordedLayer): string {
  return writer.split(" ")[1] ?? "";
}

function modelOf({ layer }: RecordedLayer): Settings {
  const input = oldLayer("InputLayer", { name: "input" });
  return oldLayer("Sequential", { name: "model", layers: [input, layer] });
}

test.each(cases)("$title has the variables that Keras gave it, in its order", (found) => {
  const { variables } = expectationOf(walkArchitecture(json(found.layer)));
  const required = variables.filter(({ optional, isCopy }) => !optional && !isCopy);
  const stored = legacyTree([["x", Object.fromEntries(found.weights)]]);
  const result = match(modelOf(found), stored, "legacy", versionOf(found));

  expect(result.counts).toMatchObject({ problems: 0, notChecked: 0, byPosition: 0 });
  expect(result.variables.filter(({ variable }) => variable === null)).toEqual([]);
  expect(required.length).toBeLessThanOrEqual(found.weights.length);
});

test.each(cases)("$title of another size is told", (found) => {
  const { variables } = expectationOf(walkArchitecture(json(found.layer)));
  const index = variables.findIndex(({ shape, isCopy }) => shape !== null && !isCopy);
  if (index < 0) return;
  const larger = found.weights.map(([name, shape], at) => [
    name,
    at === index ? [...shape, 1] : shape,
  ]);
  const stored = legacyTree([["x", Object.fromEntries(larger) as never]]);
  const result = match(modelOf(found), stored, "legacy", versionOf(found));

  expect(result.counts.shape).toBeGreaterThan(0);
});
