import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { replaceSpans, undoEdits, type Replacement } from "#shared/json/edit.ts";

/** Replacements that do not overlap; insertions and neighbours without a gap are among them. */
const cases = fc.string({ unit: "binary", maxLength: 60 }).chain((original) =>
  fc.array(fc.tuple(fc.nat(original.length), fc.string()), { maxLength: 12 }).chain((places) => {
    const cuts = places.toSorted(([a], [b]) => a - b);
    const replacements: Replacement[] = [];
    for (let i = 0; i + 1 < cuts.length; i += 2) {
      replacements.push({ start: cuts[i]![0], end: cuts[i + 1]![0], text: cuts[i]![1] });
    }
    return fc.record({
      original: fc.constant(original),
      replacements: fc.constant(replacements),
      shuffled: fc.shuffledSubarray(replacements, { minLength: replacements.length }),
    });
  }),
);

/** From the end to the start, so that the indices of what is still to come stay right. */
function replacedOneByOne(original: string, replacements: readonly Replacement[]): string {
  return replacements.reduceRight(
    (text, { start, end, text: put }) => text.slice(0, start) + put + text.slice(end),
    original,
  );
}

describe("replaceSpans", () => {
  test("changes the spans and nothing else", () => {
    fc.assert(
      fc.property(cases, ({ original, replacements }) => {
        const { text } = replaceSpans(original, replacements);

        expect(text).toBe(replacedOneByOne(original, replacements));
      }),
    );
  });

  test("can be taken back whatever the order the replacements are given in", () => {
    fc.assert(
      fc.property(cases, ({ original, shuffled }) => {
        const { text, edits } = replaceSpans(original, shuffled);

        expect(undoEdits(text, edits)).toBe(original);
      }),
    );
  });

  test("says for each edit what stood and what stands at its place", () => {
    fc.assert(
      fc.property(cases, ({ original, replacements }) => {
        const { text, edits } = replaceSpans(original, replacements);

        expect(edits).toHaveLength(replacements.length);
        for (const [index, { at, removed, added }] of edits.entries()) {
          const { start, end, text: put } = replacements[index]!;
          expect(text.slice(at, at + added.length)).toBe(put);
          expect(removed).toBe(original.slice(start, end));
        }
      }),
    );
  });

  test("an insertion in front of a replaced span repeats nothing of that span", () => {
    const replacements = [
      { start: 2, end: 4, text: "XX" },
      { start: 2, end: 2, text: "+" },
    ];

    const { text, edits } = replaceSpans("abcdef", replacements);

    expect(text).toBe("ab+XXef");
    expect(undoEdits(text, edits)).toBe("abcdef");
  });
});

describe("undoEdits", () => {
  const { text, edits } = replaceSpans('{"a": NaN, "b": NaN}', [
    { start: 6, end: 9, text: "null" },
    { start: 16, end: 19, text: "null" },
  ]);

  test.each([
    ["is another one", text.replaceAll("null", "nill")],
    ["is cut short", text.slice(0, 18)],
    ["has grown in front of the edits", ` ${text}`],
  ])("refuses a text that %s", (_, other) => {
    expect(() => undoEdits(other, edits)).toThrow(
      expect.objectContaining({ code: "MISMATCH", message: expect.stringContaining("character") }),
    );
  });

  test.each([
    ["go backwards", edits.toReversed()],
    ["overlap", [edits[0]!, { ...edits[0]!, at: edits[0]!.at + 1, added: "ull" }]],
    ["lie beyond the text", [{ at: text.length + 1, removed: "x", added: "" }]],
    ["lie before the text", [{ at: -1, removed: "x", added: "" }]],
  ])("refuses edits that %s", (_, wrong) => {
    expect(() => undoEdits(text, wrong)).toThrow(expect.objectContaining({ code: "MISMATCH" }));
  });
});
