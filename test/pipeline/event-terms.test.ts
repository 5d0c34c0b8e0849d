import { describe, expect, test } from "vitest";
import { checkLimit } from "#shared/limits.ts";
import { eventFields, inEventTerms } from "#shared/pipeline/event-terms.ts";
import { recombineEventSchema, splitEventSchema } from "../../functions/on-demand-events.ts";

describe("callers with JSON are told of options that only the command has", () => {
  test.each([
    [
      "exists. Choose another --out, or --force to replace it.",
      "exists. Choose another `out`, or `force` to replace it.",
    ],
    [
      "If that is meant, --by-name, --skip-mismatch and --allow-missing say what may differ.",
      "If that is meant, `byName`, `skipMismatch` and `allowMissing` say what may differ.",
    ],
    [
      "Say --init-missing zeros or --init-missing glorot --seed N.",
      "Say `initMissing` zeros or `initMissing` glorot `seed` N.",
    ],
  ])("%s", (message, told) => {
    expect(inEventTerms(message)).toBe(told);
  });

  test("to raise a limit", () => {
    let message = "";
    try {
      checkLimit("filters", 5, "x");
    } catch (error) {
      message = inEventTerms((error as Error).message);
    }
    expect(message).toMatch(/sound, the option `limits` of the pipeline .* \{"filters": N\}\.$/);
  });

  test("of fields that no event has", () => {
    const fields = [splitEventSchema, recombineEventSchema].flatMap(({ shape }) =>
      Object.keys(shape),
    );
    expect(fields).toEqual(expect.arrayContaining([...eventFields]));
  });
});

test.each([
  "Remove it (zip -FF, or cleave doctor --repair).",
  '"models/a--force.keras" is no model.',
  "-----BEGIN PRIVATE KEY-----",
])("what is no option of an event is made a field: %s", (message) => {
  expect(inEventTerms(message)).toBe(message);
});
