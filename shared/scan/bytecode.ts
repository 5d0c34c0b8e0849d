/** What can be told of marshalled Python code without running it. */
export interface Bytecode {
  /** Of the Python that compiled it, as near as the layout tells. */
  readonly python: string;
  /** Globals, attributes and modules it names, in order, each once. */
  readonly names: readonly string[];
  /** Its constants that are text. */
  readonly texts: readonly string[];
}

/** Fields of a code object before and behind its bytecode, which differ between versions of Python. */
interface CodeLayout {
  readonly python: string;
  readonly numbers: number;
  /** Objects behind bytecode, constants and names; "i" is a number of 32 bits. */
  readonly rest: string;
}

/** CPython Python/marshal.c, r_object(), TYPE_CODE, of each version. */
const codeLayouts: readonly CodeLayout[] = [
  { python: "3.11 or later", numbers: 5, rest: "oooooioo" },
  { python: "3.8 to 3.10", numbers: 6, rest: "oooooio" },
  { python: "3.0 to 3.7", numbers: 5, rest: "oooooio" },
  { python: "2", numbers: 4, rest: "oooooio" },
];

/** As deep as Python reads it (Python/marshal.c, MAX_MARSHAL_STACK_DEPTH). */
const deepest = 2000;
const mostObjects = 100_000;
const typeCode = "c";

/**
 * Reads a marshalled code object: as Base64 (Keras 2 and 3), or with a character for each byte
 * (Keras 1, keras/utils/generic_utils.py, func_dump).
 *
 * @returns undefined where the text is none
 */
export function readBytecode(text: string): Bytecode | undefined {
  const bytes = bytesOf(text);
  if (bytes === undefined) return undefined;
  for (const layout of codeLayouts) {
    try {
      return new Marshal(bytes, layout).read();
    } catch (error) {
      if (!(error instanceof NotThisLayout)) throw error;
    }
  }
  return undefined;
}

/** Whether it can be marshalled code is seen by its first byte, the type with or without a flag. */
function bytesOf(text: string): Buffer | undefined {
  const first = text.charCodeAt(0) & 0x7f;
  if (
    first === typeCode.charCodeAt(0) &&
    text.charCodeAt(0) < 0x100 &&
    /[\0-\x08\x80-\xff]/.test(text)
  ) {
    // Keras 1 decoded bytes as raw_unicode_escape: what looked like an escape has become its character.
    const escaped = text.replaceAll(/[^\0-\xff]/g, (character) => {
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
    });
    return Buffer.from(escaped, "latin1");
  }
  // Python passes over characters that are none of Base64 (binascii.a2b_base64).
  const digits = text.replaceAll(/[^A-Za-z0-9+/=]/g, "");
  // "4w…" is 0xe3, "Yw…", "Yx…" … 0x63.
  if (!/^(?:4[wx-z0-9]|Y[w-z0-9])/.test(digits)) return undefined;
  const bytes = Buffer.from(digits, "base64");
  return (bytes[0]! & 0x7f) === typeCode.charCodeAt(0) ? bytes : undefined;
}

class NotThisLayout extends Error {}
/** Thrown as it is: to note where from takes longer than all else, of thousands of texts. */
const notThisLayout = new NotThisLayout();

/** An object as far as it matters here: text, bytes, a list, or something else. */
type Value = string | Buffer | readonly Value[] | null;

class Marshal {
  readonly #bytes: Buffer;
  readonly #layout: CodeLayout;
  readonly #names = new Set<string>();
  readonly #texts = new Set<string>();
  readonly #references: Value[] = [];
  readonly #interned: Value[] = [];
  #python: string;
  #at = 0;
  #objects = 0;

  constructor(bytes: Buffer, layout: CodeLayout) {
    this.#bytes = bytes;
    this.#layout = layout;
    this.#python = layout.python;
  }

  read(): Bytecode {
    this.#object(0);
    return { python: this.#python, names: [...this.#names], texts: [...this.#texts] };
  }

  #object(depth: number): Value {
    if (depth > deepest || (this.#objects += 1) > mostObjects) throw notThisLayout;
    const typeAndFlag = this.#byte();
    const isReferenced = (typeAndFlag & 0x80) !== 0;
    const index = this.#references.length;
    if (isReferenced) this.#references.push(null);
    const value = this.#value(String.fromCharCode(typeAndFlag & 0x7f), depth);
    if (isReferenced) this.#references[index] = value;
    return value;
  }

  #value(type: string, depth: number): Value {
    switch (type) {
      case "0":
      case "N":
      case "F":
      case "T":
      case "S":
      case ".":
        return null;
      case "i":
        this.#take(4);
        return null;
      case "I":
      case "g":
        this.#take(8);
        return null;
      case "y":
        this.#take(16);
        return null;
      case "f":
        this.#take(this.#byte());
        return null;
      case "x":
        this.#take(this.#byte());
        this.#take(this.#byte());
        return null;
      case "l":
        this.#take(2 * Math.abs(this.#int()));
        return null;
      case "s":
        return this.#take(this.#count());
      case "t": {
        const text = this.#take(this.#count()).toString("utf8");
        this.#interned.push(text);
        return text;
      }
      case "u":
      case "a":
      case "A":
        return this.#take(this.#count()).toString("utf8");
      case "z":
      case "Z":
        return this.#take(this.#byte()).toString("latin1");
      case "r":
        return this.#references[this.#count()] ?? null;
      case "R":
        return this.#interned[this.#count()] ?? null;
      case ")":
        return this.#list(this.#byte(), depth);
      case "(":
      case "[":
      case "<":
      case ">":
        return this.#list(this.#count(), depth);
      case "{":
        while (this.#bytes[this.#at] !== 0x30) this.#object(depth + 1);
        this.#at += 1;
        return null;
      case ":":
        return this.#list(3, depth);
      case typeCode:
        return this.#code(depth);
      default:
        throw notThisLayout;
    }
  }

  #code(depth: number): null {
    const { numbers, rest } = this.#layout;
    this.#take(4 * numbers);
    const bytecode = this.#object(depth + 1);
    const constants = this.#object(depth + 1);
    const names = this.#object(depth + 1);
    if (bytecode === null || typeof bytecode === "string" || !Array.isArray(names)) {
      if (!Buffer.isBuffer(bytecode) || !Array.isArray(names)) throw notThisLayout;
    }
    for (const kind of rest) {
      if (kind === "i") this.#take(4);
      else this.#object(depth + 1);
    }
    for (const name of names as readonly Value[]) {
      const text = textOf(name);
      if (text === undefined) throw notThisLayout;
      this.#names.add(text);
    }
    for (const constant of Array.isArray(constants) ? (constants as readonly Value[]) : []) {
      if (typeof constant === "string" && constant !== "") this.#texts.add(constant);
    }
    if (this.#layout.numbers === 5 && rest.length === 8 && Buffer.isBuffer(bytecode)) {
      this.#python = versionOf(bytecode) ?? this.#python;
    }
    return null;
  }

  #list(count: number, depth: number): readonly Value[] {
    if (count > this.#bytes.length - this.#at) throw notThisLayout;
    // No room is made for what is only declared.
    const items: Value[] = [];
    for (let index = 0; index < count; index += 1) items.push(this.#object(depth + 1));
    return items;
  }

  #count(): number {
    const count = this.#int();
    if (count < 0) throw notThisLayout;
    return count;
  }

  #int(): number {
    return this.#take(4).readInt32LE(0);
  }

  #byte(): number {
    return this.#take(1)[0]!;
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw notThisLayout;
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

/** Python 2 has names as bytes. */
function textOf(value: Value): string | undefined {
  if (typeof value === "string") return value;
  return Buffer.isBuffer(value) ? value.toString("utf8") : undefined;
}

const resume = new Map([
  [151, "3.11 or 3.12"],
  [149, "3.13"],
  [128, "3.14"],
]);
const precall = 166;

/** By RESUME, whose number changes, and PRECALL, which only 3.11 has (CPython Lib/opcode.py). */
function versionOf(bytecode: Buffer): string | undefined {
  let found: string | undefined;
  for (let at = 0; at < bytecode.length; at += 2) {
    const opcode = bytecode[at]!;
    if (at < 16) found ??= resume.get(opcode);
    if (opcode === precall && found === "3.11 or 3.12") return "3.11";
  }
  return found;
}
