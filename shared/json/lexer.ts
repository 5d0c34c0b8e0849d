import { CleaveError, quote } from "../errors.ts";
import type { RuleId } from "../scan/rules.ts";

const number = /-?(?:Infinity|(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|NaN/y;
const literal = /true|false|null/y;
// Python escapes what JSON forbids raw (below U+0020) and leaves DEL and C1 as they are.
const plain = /[^"\\\0-\x1f]*/y;
// Some at a time: of a run without an end, an expression would remember every one.
const escape = /(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})){1,1000}/y;

/** Passes over the tokens of a JSON text, and makes nothing of them unless it is asked to. */
export class Lexer {
  /** UTF-16 index of what comes next. */
  at = 0;
  readonly text: string;
  readonly #where: string;
  /** Whether the string that was passed over last has an escape. */
  #isEscaped = false;

  /** @param where what the text is, for messages */
  constructor(text: string, where: string) {
    this.text = text;
    this.#where = where;
  }

  whitespace(): void {
    for (let code; (code = this.text.charCodeAt(this.at)) <= 32; this.at += 1) {
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
    }
  }

  expect(character: string): void {
    if (this.text[this.at] !== character) {
      this.fail(`expected ${quote(character)}, found ${this.#found()}`);
    }
    this.at += 1;
  }

  string(): void {
    this.expect('"');
    this.#isEscaped = false;
    for (;;) {
      this.#skip(plain);
      if (this.text[this.at] === '"') break;
      if (!this.#skip(escape)) this.fail(`expected the rest of a string, found ${this.#found()}`);
      this.#isEscaped = true;
    }
    this.at += 1;
  }

  /** A string, number or literal. */
  scalar(): void {
    if (this.text[this.at] === '"') this.string();
    else if (!this.#skip(number) && !this.#skip(literal)) {
      this.fail(`expected a value, found ${this.#found()}`);
    }
  }

  end(): void {
    if (this.at !== this.text.length) this.fail(`expected the end, found ${this.#found()}`);
  }

  /** What the string means that starts at `start` and has just been passed over. */
  stringFrom(start: number): string {
    if (this.#isEscaped) return JSON.parse(this.text.slice(start, this.at)) as string;
    return this.text.slice(start + 1, this.at - 1);
  }

  /** Whether it means `value`, without making another string of it. */
  isString(start: number, value: string): boolean {
    if (this.#isEscaped) return this.stringFrom(start) === value;
    return this.at - start - 2 === value.length && this.text.startsWith(value, start + 1);
  }

  /** @throws CleaveError `JSON_INVALID` with the character offset */
  fail(problem: string, rule: RuleId = "KJ310"): never {
    throw new CleaveError("JSON_INVALID", `${this.#where}: ${problem} at character ${this.at}.`, {
      rule,
    });
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.text)) return false;
    this.at = pattern.lastIndex;
    return true;
  }

  #found(): string {
    const { text, at } = this;
    return at >= text.length ? "the end of the text" : quote(text.slice(at, at + 12));
  }
}
