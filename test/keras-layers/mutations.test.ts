import { expect, test } from "vitest";
import type { Hdf5Dataset, Hdf5Group } from "#shared/hdf5/model.ts";
import type { JsonNode } from "#shared/json/parse.ts";
import { matchWeights } from "#shared/keras/layers/match.ts";
import type { VariableMatch, WeightsMatch } from "#shared/keras/layers/report.ts";
import type { KerasModel } from "#shared/keras/model.ts";
import { modelFiles } from "../support/fixtures.ts";
import { editTensors } from "./edit-tensors.ts";
import { withFixture } from "./load.ts";

function matchOf(model: KerasModel, architecture: JsonNode, weights: Hdf5Group): WeightsMatch {
  const { family, keras } = model;
  return matchWeights({ architecture, family, weights, version: keras.version, isOwn: true });
}

function problems({ variables }: WeightsMatch): VariableMatch[] {
  return variables.filter(({ problem }) => problem !== null);
}

/** Rows whose tensor must be there, and be as it is: known variables of known layers. */
function judged({ variables }: WeightsMatch): VariableMatch[] {
  return variables.filter(
    ({ expectedShape, duplicate, variable }) =>
      expectedShape !== null && !duplicate && !optional.test(variable!),
  );
}

/** May be absent: old versions have no count, other optimizers of the data no summary. */
const optional = /^(count|summary|idf_weights|state|random_generator\/.*)$/;

/** A layer that two models share may be stored once, so that its absence is no fault. */
const files = modelFiles.filter(({ name }) => !name.includes("shared_between"));

test.each(files)("$name: a tensor taken away is missing", async ({ path }) => {
  await withFixture(path, (model, architecture) => {
    const rows = judged(matchOf(model, architecture, model.weights));
    for (const row of ends(rows)) {
      const weights = editTensors(model.weights, (at, found) => (at === row.tensor ? null : found));
      const found = problems(matchOf(model, architecture, weights));

      expect(found).toHaveLength(1);
      expect(found[0]).toMatchObject({ tensor: null, problem: "missing" });
      expect(found[0]!.variable).toBe(row.variable);
      // Keras 2.3 gave the cells in a stack one name; which is missing then cannot be told.
      if (!path.includes("rnn_stacked_cells")) expect(found[0]!.layer).toBe(row.layer);
    }
  });
});

test.each(files)("$name: a tensor of another shape is told", async ({ path }) => {
  await withFixture(path, (model, architecture) => {
    const rows = judged(matchOf(model, architecture, model.weights));
    for (const row of ends(rows)) {
      const weights = editTensors(model.weights, (at, found): Hdf5Dataset =>
        at === row.tensor ? { ...found, shape: [...(found.shape ?? []), 1] } : found,
      );
      const found = problems(matchOf(model, architecture, weights));

      expect(found.map(({ tensor, problem }) => [tensor, problem])).toContainEqual([
        row.tensor,
        "shape",
      ]);
    }
  });
});

function ends(rows: readonly VariableMatch[]): readonly VariableMatch[] {
  return rows.length < 2 ? rows : [rows[0]!, rows.at(-1)!];
}
