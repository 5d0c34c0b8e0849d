import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { layOutHdf5 } from "#shared/hdf5/lay-out.ts";
import type { Hdf5Group, Hdf5Node } from "#shared/hdf5/model.ts";
import { secondOpinion, type SecondOpinion } from "#shared/hdf5/second-opinion.ts";
import { vlenText } from "#shared/hdf5/text.ts";
import { layoutBytes } from "../support/hdf5-files.ts";
import { message, objectHeader, patched, rawGroup } from "../support/hdf5-raw.ts";
import { bytesAttribute, dataset, float64, group, strings } from "../support/hdf5-trees.ts";
import { temporaryFolder } from "../support/temporary.ts";

const path = join(temporaryFolder(), "file.h5");

const written = group(
  {
    layers: group({
      kernel: dataset([2, 3], { attributes: [bytesAttribute("__proto__", 2)] }),
      words: strings([1], [Buffer.from("word")]),
      none: dataset(null),
    }),
    vars: group(),
  },
  [vlenText("backend", "jax", "utf8"), bytesAttribute("count", 3)],
);

async function opinionOn(tree: Hdf5Group, bytes?: Uint8Array): Promise<SecondOpinion> {
  writeFileSync(path, bytes ?? (await layoutBytes(layOutHdf5(written))));
  return secondOpinion(path, tree);
}

/** The written tree with another group below `layers`. */
function withLayers(layers: Hdf5Group): Hdf5Group {
  return group([...written.children, ["layers", layers]], written.attributes);
}

test("a file that is as we see it gives no difference, and everything is counted", async () => {
  expect(await opinionOn(written)).toEqual({ objects: 6, attributes: 3, differences: [] });
});

describe("a file that is otherwise than we see it gives the difference:", () => {
  const { children, attributes } = written;
  const layers = children.get("layers") as Hdf5Group;
  const changed = (name: string, node: Hdf5Node): Hdf5Group =>
    withLayers(group([...layers.children, [name, node]]));

  test.each<[string, Hdf5Group, string]>([
    ["an object it lacks", changed("more", group()), "layers/more: not there"],
    ["an object we lack", withLayers(group()), "layers/kernel: only h5wasm sees it"],
    [
      "a group that is a dataset",
      changed("kernel", group()),
      "layers/kernel: a group, h5wasm sees a Dataset",
    ],
    [
      "another shape",
      changed("kernel", dataset([3, 2])),
      "layers/kernel: shape [3,2], h5wasm sees [2,3]",
    ],
    [
      "another type",
      changed("kernel", dataset([2, 3], { type: float64 })),
      "layers/kernel: elements of 8 bytes, h5wasm sees 4",
    ],
    [
      "an attribute it lacks",
      group(children, [...attributes, bytesAttribute("more", 1)]),
      "@more: not there",
    ],
    ["an attribute we lack", group(children, []), "@backend: only h5wasm sees it"],
    [
      "an attribute of another shape",
      group(children, [bytesAttribute("count", 4)]),
      "@count: shape [4], h5wasm sees [3]",
    ],
  ])("%s", async (_, tree, difference) => {
    expect((await opinionOn(tree)).differences).toContain(difference);
  });
});

describe("a file that libhdf5 cannot read gives a difference, not an exception:", () => {
  test("at all", async () => {
    const { differences } = await opinionOn(written, Buffer.from("not HDF5"));

    expect(differences).toEqual(["h5wasm does not open the file"]);
  });

  test("in one group", async () => {
    const bytes = await layoutBytes(layOutHdf5(written));
    const freeList = rawGroup(bytes, "layers").heap + 16;

    const { differences } = await opinionOn(written, patched(bytes, freeList, 5, 64));

    expect(differences).toContain("layers/kernel: not there");
  });

  test("in one dataset", async () => {
    const bytes = await layoutBytes(layOutHdf5(written));
    const dataspace = message(bytes, objectHeader(bytes, "layers", "kernel"), 1).body;

    const { differences } = await opinionOn(written, patched(bytes, dataspace, 9));

    expect(differences).toEqual([expect.stringMatching(/^h5wasm cannot read the file: /)]);
  });
});
