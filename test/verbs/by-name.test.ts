import { join } from "node:path";
import { test } from "vitest";
import { inspect } from "#shared/inspect.ts";
import { recombine } from "#shared/recombine.ts";
import { modelFiles } from "../support/fixtures.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();

/** Of a custom class, so that the config names no layers. */
const nameless = /(?:critic|custom_subclass|gan)\.keras$/;
const named = modelFiles.filter(({ name }) => !nameless.test(name));

// By names or by places, a model's own weights are all found, in its own file's order.
test.concurrent.for(named)(
  "$name takes all of its own weights by name, and skips none",
  async ({ name, path }, { expect }) => {
    const { family, tensors, findings } = await inspect(path);
    const out = join(folder, `${name.replaceAll("/", "__")}${family === "v3" ? ".keras" : ".h5"}`);
    const parts = { architecture: path, weights: path };

    const byName = await recombine(parts, { out, variation: { byName: true } });
    const skipping = await recombine(parts, {
      out,
      variation: { skipMismatch: true },
      dryRun: true,
    });

    const outcomes = [...byName.tensors, ...skipping.tensors].map(({ outcome }) => outcome);
    expect(new Set(outcomes)).toEqual(new Set(tensors.length > 0 ? ["taken"] : []));
    const again = await inspect(out);
    expect(again.findings).toEqual(findings);
    expect(sorted(again.tensors)).toEqual(sorted(tensors));
  },
);

function sorted(tensors: Awaited<ReturnType<typeof inspect>>["tensors"]): string[] {
  return tensors
    .map(({ layer, variable, dtype, shape }) => `${layer} ${variable} ${dtype} ${String(shape)}`)
    .toSorted();
}
