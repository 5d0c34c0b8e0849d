import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";
import { artifactNames } from "#shared/manifest/artifacts.ts";
import { manifestFile } from "#shared/manifest/names.ts";
import { recombine } from "#shared/recombine.ts";
import { split } from "#shared/split.ts";
import { verify } from "#shared/verify.ts";
import { modelFiles } from "../support/fixtures.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();

// At once, because most of the time goes by in waiting for the disk.
test.concurrent.for(modelFiles)(
  "$name loses, changes or reorders nothing when split, recombined and split again",
  async ({ name, path }, { expect }) => {
    const base = join(folder, name.replaceAll("/", "__"));
    const [first, second] = [`${base}.first`, `${base}.second`];
    const { manifest } = await split(path, { out: first });
    const checked = await verify(first, { against: path });
    const out = `${base}.again${manifest.model.family === "v3" ? ".keras" : ".h5"}`;
    await recombine({ folder: first }, { out });
    const again = await split(out, { out: second });
    const checkedAgain = await verify(second, { against: path });

    expect(problems(checked)).toEqual([]);
    expect(problems(checkedAgain)).toEqual([]);
    expect({ ...again.manifest, source: null }).toEqual({ ...manifest, source: null });
    expect(changed(artifactNames(manifest), first, second)).toEqual([]);
  },
);

const everyTenth = modelFiles.filter((_, index) => index % 10 === 0);

test.concurrent.for(everyTenth)(
  "$name gives the same bytes on every run",
  async (model, { expect }) => {
    const base = join(folder, `${model.name.replaceAll("/", "__")}.run`);
    const { manifest } = await split(model.path, { out: `${base}-1` });
    await split(model.path, { out: `${base}-2` });

    const files = [...artifactNames(manifest), manifestFile];
    expect(changed(files, `${base}-1`, `${base}-2`)).toEqual([]);
  },
);

function changed(files: readonly string[], first: string, second: string): string[] {
  return files.filter(
    (file) => !readFileSync(join(first, file)).equals(readFileSync(join(second, file))),
  );
}

function problems({ checks }: Awaited<ReturnType<typeof verify>>): string[] {
  return checks.flatMap((check) => check.problems);
}
