import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { ByteRange } from "#shared/bytes/source.ts";
import { allDatasets, holdsStrings } from "#shared/hdf5/tree.ts";
import { matchWeights } from "#shared/keras/layers/match.ts";
import type { WeightsMatch } from "#shared/keras/layers/report.ts";
import { modelFiles, weightsFiles } from "../support/fixtures.ts";
import { rangeBytes } from "../support/hdf5-judge.ts";
import { beside, withFixture } from "./load.ts";

/** What the writing Keras noted down: its own names of the weights, and their bytes. */
interface Record {
  readonly weights: readonly { readonly name: string; readonly sha256_16: string }[];
  readonly n_params?: number;
}

interface Matched {
  readonly match: WeightsMatch;
  /** First 16 hex digits of each tensor's SHA-256, by path. */
  readonly hashes: ReadonlyMap<string, string>;
}

function matchFile(path: string): Promise<Matched> {
  return withFixture(path, async ({ family, weights, keras: { version } }, architecture) => {
    const hashes = new Map<string, string>();
    for (const { path: name, node } of allDatasets(weights)) {
      const bytes = holdsStrings(node)
        ? Buffer.concat(node.data)
        : await rangeBytes(node.data as ByteRange);
      hashes.set(name, createHash("sha256").update(bytes).digest("hex").slice(0, 16));
    }
    return {
      match: matchWeights({ architecture, family, weights, version, isOwn: false }),
      hashes,
    };
  });
}

/** "kernel" of `dense/kernel:0` and of `b'dense/kernel:0'_1`; of Keras 1 "dense_1_W". */
function lastPart(recorded: string): string {
  const plain = recorded.replace(/^b'(.*)'(_\d+)?$/, "$1").replace(/:\d+$/, "");
  return plain.slice(plain.lastIndexOf("/") + 1);
}

/** Models with custom classes, whose variables have no names here. */
const custom =
  /custom_layer|custom_subclass|trap_classes|critic|gan|assorted_dtypes|string_weights|functional_subclass/;

/** Where `count_params` counts other things than the file holds. */
const countsOtherwise = [
  // Stored once per model, counted once.
  /shared_between_models\.h5$/,
  // The merged kernel is stored, the two matrices are counted.
  /lora\.(keras|weights\.h5)$/,
  // Vocabularies are counted in.
  /tf_idf/,
];

const files = [...modelFiles, ...weightsFiles].filter(({ path }) =>
  existsSync(beside(path, ".json")),
);

test.each(files.filter(({ name }) => !custom.test(name)))(
  "$name: every tensor is the variable Keras says it is",
  async ({ name, path }) => {
    const { match, hashes } = await matchFile(path);

    expect(match.variables.filter(({ problem }) => problem !== null)).toEqual([]);
    const listed = match.variables.flatMap(({ tensor }) => tensor ?? []);
    expect(listed.toSorted()).toEqual([...hashes.keys()].toSorted());
    // Keras 0.3 has no names; nothing else is told by its place.
    expect(match.counts.byPosition > 0).toBe(name.startsWith("keras-0.3.3"));

    const record = JSON.parse(readFileSync(beside(path, ".json"), "utf8")) as Record;
    const recorded = new Map<string, string[]>();
    for (const weight of record.weights) {
      const names = recorded.get(weight.sha256_16) ?? [];
      recorded.set(weight.sha256_16, [...names, lastPart(weight.name)]);
    }
    for (const { tensor, variable } of match.variables) {
      const names = recorded.get(hashes.get(tensor ?? "") ?? "");
      if (names === undefined || names.every((found) => /^(param_|variable|)\d*$/i.test(found)))
        continue;
      const known = lastPart(variable ?? "?");
      expect(names.filter((found) => found === known || found.endsWith(`_${known}`))).not.toEqual(
        [],
      );
    }
    if (record.n_params === undefined || countsOtherwise.some((found) => found.test(name))) return;
    expect(match.counts.parameters).toBe(record.n_params);
  },
);

test.each(files.filter(({ name }) => custom.test(name)))(
  "$name: what a custom class holds is carried, not judged",
  async ({ path }) => {
    const { match, hashes } = await matchFile(path);

    expect(match.counts.problems).toBe(0);
    expect(match.counts.notChecked).toBeGreaterThan(0);
    expect(match.counts.tensors).toBe(hashes.size);
  },
);
