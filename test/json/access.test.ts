import { expect, test } from "vitest";
import { asArray, asBoolean, asInteger, asObject, asString, member } from "#shared/json/access.ts";
import { parseJson } from "#shared/json/parse.ts";

const node = parseJson(
  '{"config": {"name": "d", "units": 3, "__proto__": {"a": true}}, "list": [1], "none": null}',
  "config.json",
);

test("a member is found through any depth of objects, by names JavaScript gives a meaning too", () => {
  expect(asString(member(node, "config", "name"))).toBe("d");
  expect(asBoolean(member(node, "config", "__proto__", "a"))).toBe(true);
  expect(member(node)).toBe(node);
});

test("what is absent or below something else than an object is undefined, not an error", () => {
  expect(member(node, "config", "absent", "name")).toBeUndefined();
  expect(member(node, "list", "0")).toBeUndefined();
  expect(member(node, "constructor")).toBeUndefined();
  expect(member(undefined, "config")).toBeUndefined();
});

test("a value of another type is not taken for the one asked for", () => {
  const all = {
    string: parseJson('"1"', "x"),
    number: parseJson("1", "x"),
    object: parseJson("{}", "x"),
    array: parseJson("[1]", "x"),
    literal: parseJson("null", "x"),
  };

  const found = Object.entries(all).map(([type, value]) => [
    type,
    asString(value),
    asInteger(value),
    asObject(value)?.type,
    asArray(value).length,
    asBoolean(value),
  ]);

  expect(found).toEqual([
    ["string", "1", undefined, undefined, 0, undefined],
    ["number", undefined, 1, undefined, 0, undefined],
    ["object", undefined, undefined, "object", 0, undefined],
    ["array", undefined, undefined, undefined, 1, undefined],
    ["literal", undefined, undefined, undefined, 0, undefined],
  ]);
});

test.each([
  ["3", 3],
  ["3.0", 3],
  ["-2", -2],
  ["1e3", 1000],
  ["9007199254740991", 9_007_199_254_740_991],
  ["9007199254740993", undefined],
  ["0.5", undefined],
  ["NaN", undefined],
  ["Infinity", undefined],
])("%s is a whole number only if JavaScript holds it exactly", (text, expected) => {
  expect(asInteger(parseJson(text, "x"))).toBe(expected);
});
