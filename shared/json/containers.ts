import { quote } from "../errors.ts";
import { checkLimit } from "../limits.ts";
import { Lexer } from "./lexer.ts";

/**
 * Where the objects and arrays of a text stand, numbered in the order in which they start. With it a
 * reader passes over one in a step, so that nothing else of the text needs to be held.
 */
export interface Containers {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** The number of the first one that starts behind the end of each. */
  readonly nexts: readonly number[];
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
  const starts: number[] = [];
  const ends: number[] = [];
  const nexts: number[] = [];
  const open: Open[] = [];
  const lexer = new Lexer(text, where);
  let nodes = 0;

  const readName = (names: Set<string>): void => {
    lexer.whitespace();
    const start = lexer.at;
    lexer.string();
    const name = lexer.stringFrom(start);
    if (names.has(name)) lexer.fail(`duplicate name ${quote(name)}`);
    names.add(name);
    lexer.whitespace();
    lexer.expect(":");
  };
  const close = (number: number): void => {
    lexer.at += 1;
    ends[number] = lexer.at;
    nexts[number] = starts.length;
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
    const number = starts.push(lexer.at) - 1;
    ends.push(0);
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

/** Keras reads past a byte order mark. */
export function firstValue(text: string): number {
  return text.charCodeAt(0) === 0xfeff ? 1 : 0;
}
