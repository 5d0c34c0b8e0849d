import { findContainers, firstValue, type Containers } from "./containers.ts";
import { Lexer } from "./lexer.ts";

/**
 * JSON as Python writes it, with the place of every value in the text, so that an edit replaces
 * only the characters it means to: `1.0`, `1e-07`, `NaN`, big integers, key order and `\u` escapes
 * stay as they were. `start` and `end` are UTF-16 indices into the text.
 */
export type JsonNode = JsonObject | JsonArray | JsonScalar;
export type JsonScalar = JsonString | JsonNumber | JsonLiteral;

interface Spanned {
  readonly start: number;
  readonly end: number;
}
interface JsonContainer extends Spanned {
  /** The objects and arrays in it, without those in them. */
  readonly containers: readonly (JsonObject | JsonArray)[];
}
export interface JsonObject extends JsonContainer {
  readonly type: "object";
  /** In the order of the text; names are unique. A Map, so `__proto__` is a name like any other. */
  readonly members: ReadonlyMap<string, JsonMember>;
  /** The value of one member, without the others being made. */
  get(name: string): JsonNode | undefined;
}
export interface JsonMember {
  /** Where the quoted name starts. */
  readonly start: number;
  readonly value: JsonNode;
}
export interface JsonArray extends JsonContainer {
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

/**
 * Checks `text` without recursion. Nodes are made where they are asked for, and are not held: all of
 * them together take ten times the memory of the text.
 *
 * @param where what the text is, for messages
 * @throws CleaveError `JSON_INVALID` with the character offset, also for duplicate names (readers
 *   disagree about which one counts); `LIMIT_EXCEEDED` past depth and node caps
 */
export function parseJson(text: string, where: string): JsonNode {
  const document = { text, containers: findContainers(text, where) };
  const reader = new Reader(document, firstValue(text), 0);
  reader.next();
  return reader.value();
}

/** A text that has been checked. */
interface Document {
  readonly text: string;
  readonly containers: Containers;
}

/** Passes over the members or items of one container. */
class Reader {
  readonly #document: Document;
  readonly #lexer: Lexer;
  /** Of the next container. */
  #number: number;

  constructor(document: Document, at: number, number: number) {
    this.#document = document;
    this.#lexer = new Lexer(document.text, "");
    this.#lexer.at = at;
    this.#number = number;
  }

  /** Where the next token starts. */
  get at(): number {
    return this.#lexer.at;
  }

  /** Goes to the next member or item, where there is one. */
  next(): boolean {
    const lexer = this.#lexer;
    lexer.whitespace();
    const first = lexer.text[lexer.at];
    if (first === "]" || first === "}") return false;
    if (first === ",") {
      lexer.at += 1;
      lexer.whitespace();
    }
    return true;
  }

  name(): string {
    const start = this.#lexer.at;
    this.#lexer.string();
    const name = this.#lexer.stringFrom(start);
    this.#colon();
    return name;
  }

  /** Passes over a name and says whether it is this one. */
  isName(name: string): boolean {
    const start = this.#lexer.at;
    this.#lexer.string();
    const isSame = this.#lexer.isString(start, name);
    this.#colon();
    return isSame;
  }

  value(): JsonNode {
    const lexer = this.#lexer;
    const number = this.#number;
    const start = lexer.at;
    this.skip();
    const end = lexer.at;
    const first = lexer.text[start];
    if (first === "{" || first === "[") return containerOf(this.#document, number);
    if (first === '"') return { type: "string", start, end, value: lexer.stringFrom(start) };
    const text = lexer.text.slice(start, end);
    const value = literals.get(text);
    return value === undefined
      ? { type: "number", start, end, text }
      : { type: "literal", start, end, value };
  }

  /** Passes over a value. */
  skip(): void {
    const lexer = this.#lexer;
    const first = lexer.text[lexer.at];
    if (first !== "{" && first !== "[") return lexer.scalar();
    const { ends, nexts } = this.#document.containers;
    lexer.at = ends[this.#number]!;
    this.#number = nexts[this.#number]!;
  }

  #colon(): void {
    this.#lexer.whitespace();
    this.#lexer.expect(":");
    this.#lexer.whitespace();
  }
}

const literals = new Map<string, true | false | null>([
  ["true", true],
  ["false", false],
  ["null", null],
]);

function containerOf(document: Document, number: number): JsonObject | JsonArray {
  const isObject = document.text[document.containers.starts[number]!] === "{";
  return isObject ? new ObjectInText(document, number) : new ArrayInText(document, number);
}

/** Reads what is in it anew each time. */
class InText {
  readonly start: number;
  readonly end: number;
  readonly #document: Document;
  readonly #number: number;

  constructor(document: Document, number: number) {
    this.#document = document;
    this.#number = number;
    this.start = document.containers.starts[number]!;
    this.end = document.containers.ends[number]!;
  }

  get containers(): readonly (JsonObject | JsonArray)[] {
    const { nexts } = this.#document.containers;
    const found: (JsonObject | JsonArray)[] = [];
    for (let at = this.#number + 1; at < nexts[this.#number]!; at = nexts[at]!) {
      found.push(containerOf(this.#document, at));
    }
    return found;
  }

  protected read(): Reader {
    return new Reader(this.#document, this.start + 1, this.#number + 1);
  }
}

class ObjectInText extends InText implements JsonObject {
  readonly type = "object";

  get members(): ReadonlyMap<string, JsonMember> {
    const members = new Map<string, JsonMember>();
    for (const reader = this.read(); reader.next();) {
      const { at: start } = reader;
      members.set(reader.name(), { start, value: reader.value() });
    }
    return members;
  }

  get(name: string): JsonNode | undefined {
    for (const reader = this.read(); reader.next();) {
      if (reader.isName(name)) return reader.value();
      reader.skip();
    }
    return undefined;
  }
}

class ArrayInText extends InText implements JsonArray {
  readonly type = "array";

  get items(): readonly JsonNode[] {
    const items: JsonNode[] = [];
    for (const reader = this.read(); reader.next();) items.push(reader.value());
    return items;
  }
}
