import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { artifactNames } from "#shared/manifest/artifacts.ts";
import { manifestFile } from "#shared/manifest/names.ts";
import { recombine } from "#shared/recombine.ts";
import { split } from "#shared/split.ts";
import { verify } from "#shared/verify.ts";
import { modelFiles } from "../support/fixtures.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();

describe.each(modelFiles)("$name", ({ name, path }) => {
  const base = join(folder, name.replaceAll("/", "__"));
  const [first, second] = [`${base}.first`, `${base}.second`];

  test("loses, changes or reorders nothing when split, recombined and split again", async () => {
    const { manifest } = await split(path, { out: first });
    const checked = await verify(first, { against: path });
    const out = `${base}.again${manifest.model.family === "v3" ? ".keras" : ".h5"}`;
    await recombine({ folder: first }, { out });
    const again = await split(out, { out: second });
    const checkedAgain = await verify(second, { against: path });

    expect(problems(checked)).toEqual([]);
    expect(problems(checkedAgain)).toEqual([]);
    expect({ ...again.manifest, source: null }).toEqual({ ...manifest, source: null });
    const changed = artifactNames(manifest).filter(
      (file) => !same(join(first, file), join(second, file)),
    );
    expect(changed).toEqual([]);
  });

  test("gives the same bytes on every run", async () => {
    await split(path, { out: `${base}.rerun` });

    expect(same(join(`${base}.rerun`, manifestFile), join(first, manifestFile))).toBe(true);
  });
});

function problems({ checks }: Awaited<ReturnType<typeof verify>>): string[] {
  return checks.flatMap((check) => check.problems);
}

function same(first: string, second: string): boolean {
  return readFileSync(first).equals(readFileSync(second));
}
