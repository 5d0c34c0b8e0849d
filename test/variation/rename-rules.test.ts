import { expect, test } from "vitest";
import { parseRenameRules } from "#shared/keras/variation/rename-rules.ts";
import { refusal } from "../support/refusal.ts";

function rename(from: string, to: string, path: string): string | undefined {
  return parseRenameRules(JSON.stringify({ layers: [{ from, to }] }), "rules.json").layer(path);
}

test.each([
  ["dense", "head", "dense", "head"],
  ["dense", "head", "dense_1", undefined],
  ["block_*", "stage_*", "block_12", "stage_12"],
  ["*/conv?", "*/c", "block_1/conv2", "block_1/c"],
  ["*_*", "*-*", "a_b", "a-b"],
  ["**/dense", "**/head", "a/b/dense", "a/b/head"],
  ["**/dense", "**/head", "dense", "head"],
  ["*", "encoder/*", "conv1", "encoder/conv1"],
  ["*", "encoder/*", "a/b", undefined],
  ["{conv,bn}_*", "*_*", "bn_3", "bn_3"],
  ["dense (2)", "head", "dense (2)", "head"],
])("from %j to %j makes of %j %j", (from, to, path, expected) => {
  expect(rename(from, to, path)).toBe(expected);
});

test("the first rule that fits counts", () => {
  const text = JSON.stringify({
    layers: [
      { from: "conv1", to: "stem" },
      { from: "*", to: "body/*" },
    ],
  });

  const { layer } = parseRenameRules(text, "rules.json");

  expect([layer("conv1"), layer("conv2")]).toEqual(["stem", "body/conv2"]);
});

test.each([
  ["not JSON", "{", /"rules.json" is not JSON/],
  ["a misspelled field", '{"layer": []}', /"layer"/],
  ["a rule without its end", '{"layers": [{"from": "a"}]}', /layers\[0\]\.to/],
])("%s is refused with the place", (_, text, message) => {
  expect(() => parseRenameRules(text, "rules.json")).toThrow(
    expect.objectContaining(refusal("USAGE", message)),
  );
});
