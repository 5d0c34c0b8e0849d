import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CleaveError } from "#shared/errors.ts";
import { parseJson, type JsonNode } from "#shared/json/parse.ts";
import { limits } from "#shared/limits.ts";
import {
  dumpOptions,
  pythonDumps,
  pythonValues,
  type DumpOptions,
  type PythonValue,
} from "../support/python-json.ts";

function refusal(text: string): CleaveError {
  try {
    parseJson(text, "config.json");
  } catch (error) {
    if (error instanceof CleaveError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

/** A value with its own text, and of members the text from the name to the value. */
interface Spanned {
  readonly span: string;
  readonly value: unknown;
}

/** What the parser says, by the spans it gives. */
function parsed(node: JsonNode, text: string): Spanned {
  const span = text.slice(node.start, node.end);
  if (node.type === "array") return { span, value: node.items.map((item) => parsed(item, text)) };
  if (node.type === "number") return { span, value: node.text };
  if (node.type !== "object") return { span, value: node.value };
  const members = [...node.members].map(([name, { start, value }]) => [
    name,
    text.slice(start, value.start),
    parsed(value, text),
  ]);
  return { span, value: members };
}

/** What the text was made of. */
function meant(value: PythonValue, options: DumpOptions, depth = 0): Spanned {
  const span = pythonDumps(value, options, depth);
  const inner = (item: PythonValue): Spanned => meant(item, options, depth + 1);
  if (value.type === "array") return { span, value: value.items.map(inner) };
  if (value.type === "number") return { span, value: value.text };
  if (value.type !== "object") return { span, value: value.value };
  const members = value.members.map(([name, item]) => [
    name,
    `${pythonDumps({ type: "string", value: name }, options)}: `,
    inner(item),
  ]);
  return { span, value: members };
}

/** Without spans; numbers as JavaScript reads them. */
function plain(node: JsonNode): unknown {
  if (node.type === "array") return node.items.map(plain);
  if (node.type === "number") return Number(node.text);
  if (node.type !== "object") return node.value;
  return Object.fromEntries([...node.members].map(([name, { value }]) => [name, plain(value)]));
}

describe("what Python's json.dumps writes", () => {
  test("is read with every value, and every span is that value's own text", () => {
    fc.assert(
      fc.property(pythonValues, dumpOptions, (value, options) => {
        const text = pythonDumps(value, options);

        const node = parseJson(text, "config.json");

        expect(parsed(node, text)).toEqual(meant(value, options));
      }),
      { numRuns: 300 },
    );
  });

  test("keeps numbers that JavaScript would change as they are written", () => {
    const text = "[1.0, 1e-07, 123456789012345678901234567890, NaN, Infinity, -Infinity, -0.0]";

    const node = parseJson(text, "config.json");

    const written = node.type === "array" ? node.items.map((item) => plainText(item)) : [];
    expect(`[${written.join(", ")}]`).toBe(text);
  });

  test("may start with a byte order mark and be surrounded by whitespace", () => {
    const node = parseJson('\ufeff \r\n\t{"a": 1} \n', "config.json");

    expect([node.type, node.start, node.end]).toEqual(["object", 5, 13]);
  });
});

describe("what JavaScript's JSON.parse says of the same text", () => {
  const token = fc.constantFrom(
    ...'{}[]:, \n\t"\\/-+.0123456789eEutrfbnals'.split(""),
    "true",
    "false",
    "null",
    '"a"',
    '"b":',
    '"\\u0041"',
    "\\ud800",
    "\u00a0",
    "\u2028",
    "\0",
    "\x1f",
    "\x7f",
    "1e5",
  );
  const soup = fc.array(token, { maxLength: 12 }).map((tokens) => tokens.join(""));
  const damaged = fc
    .tuple(pythonValues, dumpOptions, fc.nat(), token)
    .map(([value, options, place, put]) => {
      const text = pythonDumps(value, options);
      const at = place % (text.length + 1);
      return text.slice(0, at) + put + text.slice(at + 1);
    })
    .filter((text) => !/NaN|Infinity/.test(text));

  test("is what we say: same texts refused, same values in those accepted", () => {
    fc.assert(
      fc.property(fc.oneof(soup, damaged), (text) => {
        const theirs = attempt((): unknown => JSON.parse(text));
        const ours = attempt(() => plain(parseJson(text, "config.json")));

        const duplicate = ours.error?.message.includes("duplicate name") ?? false;
        const agree = (ours.error === undefined) === (theirs.error === undefined);
        expect(agree || duplicate).toBe(true);
        expect(ours.value).toEqual(duplicate ? undefined : theirs.value);
        expect([undefined, "JSON_INVALID"]).toContain(ours.error?.code);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("refusals", () => {
  test.each([
    ["", "expected a value, found the end of the text at character 0"],
    ["[1, ]", 'expected a value, found "]" at character 4'],
    ['{"a": 1, }', 'expected "\\"", found "}" at character 9'],
    ["{'a': 1}", 'expected "\\"", found "\'a\': 1}" at character 1'],
    ["[01]", 'expected "]", found "1]" at character 2'],
    ["[1] 2", 'expected the end, found "2" at character 4'],
    ['"a\nb"', 'expected the rest of a string, found "\\u{a}b\\"" at character 2'],
    ['"\\x41"', "expected the rest of a string"],
    ['"\\u12"', "expected the rest of a string"],
    ['["abc', "expected the rest of a string, found the end of the text at character 5"],
    ["[+1]", "expected a value"],
    ["[.5]", "expected a value"],
    ["[1.]", 'expected "]"'],
    ["[-NaN]", "expected a value"],
    ["[1 /* one */]", 'expected "]"'],
    ['{"a" 1}', 'expected ":"'],
    ["[1", 'expected "]", found the end of the text at character 2'],
    ['{"a":', "expected a value, found the end of the text at character 5"],
  ])("%j is not accepted, and the message says where it goes wrong", (text, problem) => {
    const error = refusal(text);

    expect(error.code).toBe("JSON_INVALID");
    expect(error.message).toContain(`config.json: `);
    expect(error.message).toContain(problem);
  });

  test.each([
    ['{"a": 1, "a": 2}', '"a"'],
    ['{"a": 1, "\\u0061": 2}', '"a"'],
    ['{"x": {"__proto__": 1, "__proto__": 2}}', '"__proto__"'],
  ])("%s does not let readers disagree about which member counts", (text, name) => {
    const error = refusal(text);

    expect(error.code).toBe("JSON_INVALID");
    expect(error.message).toContain(`duplicate name ${name}`);
  });

  test.each([
    ["arrays", "[", "]"],
    ["objects", '{"a":', "}"],
    ["both", '[{"a":', "}]"],
  ])("%s nested deeper than the limit end in LIMIT_EXCEEDED, not in a crash", (_, open, close) => {
    const levels = open.length === 6 ? 2 : 1;
    const nested = (times: number): string => `${open.repeat(times)}0${close.repeat(times)}`;
    const deepest = limits.jsonDepth.max / levels;

    expect(() => parseJson(nested(deepest), "config.json")).not.toThrow();
    expect(refusal(nested(deepest + 1)).code).toBe("LIMIT_EXCEEDED");
    expect(refusal(open.repeat(1_000_000)).code).toBe("LIMIT_EXCEEDED");
  });
});

describe("large texts", () => {
  test.each([
    ["ASCII", "x"],
    ["two-byte", "ж"],
  ])("a %s string of 30 MB is read", (_, character) => {
    const value = character.repeat(30_000_000);

    const node = parseJson(`["${value}"]`, "config.json");

    const [item] = node.type === "array" ? node.items : [];
    expect(item?.type === "string" && item.value === value).toBe(true);
  });

  test("a string of a million escapes is read in a moment", () => {
    const node = parseJson(`"${"\\n".repeat(1_000_000)}"`, "config.json");

    expect(node.type === "string" && node.value.length).toBe(1_000_000);
  });
});

function plainText(node: JsonNode): string {
  return node.type === "number" ? node.text : node.type;
}

function attempt<T>(run: () => T): { value?: T; error?: Error & { code?: string } } {
  try {
    return { value: run() };
  } catch (error) {
    return { error: error as Error };
  }
}
