import { quote } from "../errors.ts";
import { checkLimit, limitOf } from "../limits.ts";
import { Lexer } from "./lexer.ts";

/**
 * Where the objects and arrays of a text stand, numbered in the order in which they start. With it a
 * reader passes over one in a step, so that nothing else of the text needs to be held.
 */
export interface Containers {
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** The number of the first one that starts behind the end of each. */
  readonly nexts: Uint32Array;
}

interface Open {
  readonly number: number;
  /** Of an object's members so far; null of an array. */
  readonly names: Set<string> | null;
}

/**
 * Checks a whole text, in one pass without recursion.
 *
 * @param where what the text is, for messages
 * @throws CleaveError `JSON_INVALID` with the character offset, also for duplicate names (readers
 *   disagree about which one counts); `LIMIT_EXCEEDED` past depth and node caps
 */
export function findContainers(text: string, where: string): Containers {
  const most = Math.min(openings(text), limitOf("jsonContainers"));
  const starts = new Uint32Array(most);
  const ends = new Uint32Array(most);
  const nexts = new Uint32Array(most);
  let count = 0;
  const open: Open[] = [];
  const lexer = new Lexer(text, where);
  let nodes = 0;

  const readName = (names: Set<string>): void => {
    lexer.whitespace();
    const start = lexer.at;
    lexer.string();
    const name = lexer.stringFrom(start);
    if (names.has(name)) lexer.fail(`duplicate name ${quote(name)}`, "KJ301");
    names.add(name);
    lexer.whitespace();
    lexer.expect(":");
  };
  const close = (number: number): void => {
    lexer.at += 1;
    ends[number] = lexer.at;
    nexts[number] = count;
  };
  /** @returns whether it is whole: a scalar or an empty container */
  const readValue = (): boolean => {
    lexer.whitespace();
    checkLimit("jsonNodes", (nodes += 1), where);
    const first = text[lexer.at];
    if (first !== "{" && first !== "[") {
      lexer.scalar();
      return true;
    }
    const number = count;
    checkLimit("jsonContainers", count + 1, where);
    starts[number] = lexer.at;
    count += 1;
    lexer.at += 1;
    lexer.whitespace();
    if (text[lexer.at] === (first === "{" ? "}" : "]")) {
      close(number);
      return true;
    }
    const names = first === "{" ? new Set<string>() : null;
    open.push({ number, names });
    if (names !== null) readName(names);
    checkLimit("jsonDepth", open.length, where);
    return false;
  };

  lexer.at = firstValue(text);
  for (;;) {
    if (!readValue()) continue;
    for (;;) {
      lexer.whitespace();
      const container = open.at(-1);
      if (container === undefined) {
        lexer.end();
        return { starts, ends, nexts };
      }
      const { number, names } = container;
      if (text[lexer.at] === ",") {
        lexer.at += 1;
        if (names !== null) readName(names);
        break;
      }
      lexer.expect(names === null ? "]" : "}");
      lexer.at -= 1;
      close(number);
      open.pop();
    }
  }
}

/** Brackets that open, those in strings included: there are not more containers. */
function openings(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x5b || code === 0x7b) count += 1;
  }
  return count;
}

/** Keras reads past a byte order mark. */
export function firstValue(text: string): number {
  return text.charCodeAt(0) === 0xfeff ? 1 : 0;
}
