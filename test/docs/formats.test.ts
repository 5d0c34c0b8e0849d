import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { openModel } from "#shared/keras/open-model.ts";
import { OpenFiles } from "#shared/stores/open-files.ts";
import { modelFiles, weightsFiles, type FixtureFile } from "../support/fixtures.ts";

test("docs/formats.md counts the files of each writer that are read, as what they are", async () => {
  const counts = new Map<string, number[]>();
  for (const file of [...modelFiles, ...weightsFiles]) {
    const writer = file.name.split("/")[0]!;
    const row = counts.get(writer) ?? [0, 0, 0, 0];
    row[await column(file)]! += 1;
    counts.set(writer, row);
  }
  const expected = [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([writer, row]) => [writer, ...row.map((count) => (count === 0 ? "–" : String(count)))]);

  const text = readFileSync(new URL("../../docs/formats.md", import.meta.url), "utf8");
  const rows = text
    .split("\n")
    .filter((line) => /^\| (keras|tensorflow|tf_keras)-/.test(line))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  expect(rows).toEqual(expected);
});

/** Models: legacy, v3; weights: legacy, v3. */
async function column({ path }: FixtureFile): Promise<number> {
  const files = new OpenFiles();
  const { family, architecture } = (await openModel(path, files)).model;
  await files.close();
  return (architecture === null ? 2 : 0) + (family === "v3" ? 1 : 0);
}
