import { expect, test } from "vitest";
import { scan } from "#shared/scan.ts";
import { modelFiles, weightsFiles } from "../support/fixtures.ts";

/** What some of our fixtures are made of, and a scan has to say. */
const known: readonly (readonly [fixture: RegExp, rules: readonly string[]])[] = [
  [/lambda_layer/, ["KS101"]],
  [/hdf5inside/, ["KB720"]],
];

/** Real files of all writers; custom objects are in some of them, and are no alarm. */
test("no file that Keras has written raises a false alarm", async () => {
  for (const { name, path } of [...modelFiles, ...weightsFiles]) {
    const { findings } = await scan(path);
    const expected = known.find(([pattern]) => pattern.test(name))?.[1] ?? [];

    const ids = new Set(findings.map(({ id }) => id));
    ids.delete("KS120");
    expect({ name, ids: [...ids] }).toEqual({ name, ids: expected });
  }
});
