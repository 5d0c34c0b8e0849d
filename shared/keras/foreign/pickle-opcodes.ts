/** What follows an opcode: bytes, or lines of text of a form (Lib/pickletools.py). */
const fixed: Readonly<Record<string, number>> = {
  ...of(0, "().012NQR]abdelostu}\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x92\x93\x94\x97\x98"),
  ...of(1, "Khq\x80\x82"),
  ...of(2, "M\x83"),
  ...of(4, "Jjr\x84"),
  ...of(8, "G\x95"),
};
const prefixed: Readonly<Record<string, number>> = {
  ...of(1, "UC\x8c\x8a"),
  ...of(4, "TBX\x8b"),
  ...of(8, "\x8d\x8e\x96"),
};
const name = /[A-Za-z_][\w.]*\r?\n/y;
const lines: Readonly<Record<string, readonly RegExp[]>> = {
  F: [/[-+.\deEinfa]+\r?\n/y],
  I: [/-?\d+\r?\n/y],
  L: [/-?\d+L?\r?\n/y],
  P: [/[^\n]*\n/y],
  S: [/(?:'[^\n]*'|"[^\n]*")\r?\n/y],
  V: [/[^\n]*\n/y],
  c: [name, name],
  g: [/\d+\r?\n/y],
  i: [name, name],
  p: [/\d+\r?\n/y],
};
/** Make an object by calling something. */
const calling = "Rio\x81\x92";
const stop = ".";
const mostOpcodes = 10_000;

function of(length: number, opcodes: string): Record<string, number> {
  return Object.fromEntries(opcodes.split("").map((opcode) => [opcode, length]));
}

/**
 * Whether bytes are a pickle that calls something, of any protocol: what Python's unpickler would run
 * through without stopping at something it does not know.
 *
 * @param text a character for each byte, from the first on
 * @param isWhole whether there are no more bytes; a pickle may go on behind the text otherwise
 */
export function isCallingPickle(text: string, isWhole: boolean): boolean {
  let at = 0;
  let calls = false;
  for (let count = 0; count < mostOpcodes && at < text.length; count += 1) {
    const opcode = text[at]!;
    if (opcode === stop) return calls;
    const next = behind(text, at + 1, opcode);
    if (next === undefined) return false;
    calls ||= calling.includes(opcode);
    at = next;
  }
  return calls && !isWhole;
}

function behind(text: string, start: number, opcode: string): number | undefined {
  const length = fixed[opcode];
  if (length !== undefined) return start + length;
  const width = prefixed[opcode];
  if (width !== undefined) {
    const bytes = Buffer.from(text.slice(start, start + Math.min(width, 6)), "latin1");
    return bytes.length === 0 ? start : start + width + bytes.readUIntLE(0, bytes.length);
  }
  const forms = Object.hasOwn(lines, opcode) ? lines[opcode]! : undefined;
  if (forms === undefined) return undefined;
  let at = start;
  for (const form of forms) {
    form.lastIndex = at;
    const found = form.exec(text);
    if (found === null) return text.includes("\n", at) ? undefined : text.length;
    at += found[0].length;
  }
  return at;
}
