import { CleaveError, quote } from "../errors.ts";
import { checkLimit } from "../limits.ts";

/**
 * JSON as Python writes it, with the place of every value in the text, so that an edit replaces
 * only the characters it means to: `1.0`, `1e-07`, `NaN`, big integers, key order and `\u` escapes
 * stay as they were. `start` and `end` are UTF-16 indices into the text.
 */
export type JsonNode = JsonObject | JsonArray | JsonString | JsonNumber | JsonLiteral;

interface Spanned {
  readonly start: number;
  readonly end: number;
}
export interface JsonObject extends Spanned {
  readonly type: "object";
  /** In the order of the text; names are unique. A Map, so `__proto__` is a name like any other. */
  readonly members: ReadonlyMap<string, JsonMember>;
}
export interface JsonMember {
  /** Where the quoted name starts. */
  readonly start: number;
  readonly value: JsonNode;
}
export interface JsonArray extends Spanned {
  readonly type: "array";
  readonly items: readonly JsonNode[];
}
export interface JsonString extends Spanned {
  readonly type: "string";
  readonly value: string;
}
export interface JsonNumber extends Spanned {
  readonly type: "number";
  /** As written; also `NaN`, `Infinity` and `-Infinity`, which Python's json writes and reads. */
  readonly text: string;
}
export interface JsonLiteral extends Spanned {
  readonly type: "literal";
  readonly value: true | false | null;
}

type Container =
  | {
      type: "object";
      start: number;
      members: Map<string, JsonMember>;
      name: string;
      nameStart: number;
    }
  | { type: "array"; start: number; items: JsonNode[] };

const number = /-?(?:Infinity|(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|NaN/y;
const literal = /true|false|null/y;
// Python escapes what JSON forbids raw (below U+0020) and leaves DEL and C1 as they are.
const plain = /[^"\\\0-\x1f]*/y;
const special = /[\\\0-\x1f]/;
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * Parses `text` without recursion.
 *
 * @param where what the text is, for messages
 * @throws CleaveError `JSON_INVALID` with the character offset, also for duplicate names (readers
 *   disagree about which one counts); `LIMIT_EXCEEDED` past depth and node caps
 */
export function parseJson(text: string, where: string): JsonNode {
  let at = 0;
  let nodes = 0;
  const open: Container[] = [];

  const fail = (problem: string): never => {
    throw new CleaveError("JSON_INVALID", `${where}: ${problem} at character ${at}.`);
  };
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const skipWhitespace = (): void => {
    for (let code; (code = text.charCodeAt(at)) <= 32; at += 1) {
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
    }
  };
  const expect = (character: string): void => {
    if (text[at] !== character) fail(`expected ${quote(character)}, found ${describe(text, at)}`);
    at += 1;
  };
  const readString = (): JsonString => {
    const start = at;
    expect('"');
    const close = text.indexOf('"', at);
    const simple = text.slice(at, close);
    if (close >= 0 && !special.test(simple)) {
      at = close + 1;
      return { type: "string", start, end: at, value: simple };
    }
    while (text[at] !== '"') {
      const before = at;
      match(plain);
      match(escape);
      if (at === before) fail(`expected the rest of a string, found ${describe(text, at)}`);
    }
    at += 1;
    return { type: "string", start, end: at, value: JSON.parse(text.slice(start, at)) as string };
  };
  const readName = (object: Container & { type: "object" }): void => {
    skipWhitespace();
    object.nameStart = at;
    object.name = readString().value;
    if (object.members.has(object.name)) fail(`duplicate name ${quote(object.name)}`);
    skipWhitespace();
    expect(":");
  };

  /** A whole scalar or empty container, or undefined when a container was opened. */
  const readValue = (): JsonNode | undefined => {
    skipWhitespace();
    checkLimit("jsonNodes", (nodes += 1), where);
    const start = at;
    const first = text[at];
    if (first === '"') return readString();
    if (first === "{" || first === "[") {
      at += 1;
      skipWhitespace();
      const closing = first === "{" ? "}" : "]";
      if (text[at] === closing) {
        at += 1;
        return first === "{"
          ? { type: "object", start, end: at, members: new Map() }
          : { type: "array", start, end: at, items: [] };
      }
      if (first === "{") {
        const object = {
          type: "object" as const,
          start,
          members: new Map(),
          name: "",
          nameStart: 0,
        };
        open.push(object);
        readName(object);
      } else {
        open.push({ type: "array", start, items: [] });
      }
      checkLimit("jsonDepth", open.length, where);
      return undefined;
    }
    const numeral = /[-\dIN]/.test(first ?? "") ? match(number) : undefined;
    if (numeral !== undefined) return { type: "number", start, end: at, text: numeral };
    const word = match(literal);
    if (word === undefined) return fail(`expected a value, found ${describe(text, at)}`);
    return { type: "literal", start, end: at, value: JSON.parse(word) as true | false | null };
  };

  if (text.charCodeAt(0) === 0xfeff) at = 1; // Keras reads past a byte order mark
  for (;;) {
    let value = readValue();
    while (value !== undefined) {
      skipWhitespace();
      const container = open.at(-1);
      if (container === undefined) {
        if (at !== text.length) fail(`expected the end, found ${describe(text, at)}`);
        return value;
      }
      if (container.type === "array") container.items.push(value);
      else container.members.set(container.name, { start: container.nameStart, value });
      if (text[at] === ",") {
        at += 1;
        if (container.type === "object") readName(container);
        value = undefined;
      } else {
        expect(container.type === "array" ? "]" : "}");
        open.pop();
        const { start } = container;
        value =
          container.type === "array"
            ? { type: "array", start, end: at, items: container.items }
            : { type: "object", start, end: at, members: container.members };
      }
    }
  }
}

function describe(text: string, at: number): string {
  return at >= text.length ? "the end of the text" : quote(text.slice(at, at + 12));
}
