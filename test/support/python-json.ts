import fc from "fast-check";

/** A value as Python holds it; numbers by what `json.dumps` writes for them. */
export type PythonValue =
  | { readonly type: "literal"; readonly value: true | false | null }
  | { readonly type: "number"; readonly text: string }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "array"; readonly items: readonly PythonValue[] }
  | { readonly type: "object"; readonly members: readonly (readonly [string, PythonValue])[] };

/** What `json.dumps` can be told. */
export interface DumpOptions {
  readonly ensureAscii: boolean;
  readonly indent: number | null;
}

export const dumpOptions: fc.Arbitrary<DumpOptions> = fc.record({
  ensureAscii: fc.boolean(),
  indent: fc.constantFrom(null, 0, 2),
});

const units = fc.array(fc.integer({ min: 0, max: 0xffff })); // lone surrogates, too
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  units.map((codes) => String.fromCharCode(...codes)),
  fc.constantFrom("__proto__", "class_name", 'quoted "', "back\\slash", "\u2028", "\x7f", "\0"),
);
const numberText = fc.oneof(
  fc.bigInt().map(String),
  fc.integer().map(String),
  fc.double({ noDefaultInfinity: true, noNaN: true }).map(pythonFloat),
  fc.constantFrom("NaN", "Infinity", "-Infinity", "1.0", "-0.0", "1e-07", "1e+16", "5e-324"),
);

export const pythonValues = fc.letrec<{ value: PythonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom(true, false, null).map((value) => ({ type: "literal" as const, value })),
    numberText.map((written) => ({ type: "number" as const, text: written })),
    text.map((value) => ({ type: "string" as const, value })),
    fc.array(tie("value")).map((items) => ({ type: "array" as const, items })),
    fc
      .uniqueArray(fc.tuple(text, tie("value")), { selector: ([name]) => name })
      .map((members) => ({ type: "object" as const, members })),
  ),
})).value;

/** The text `json.dumps` writes (CPython, Lib/json/encoder.py). */
export function pythonDumps(value: PythonValue, options: DumpOptions, depth = 0): string {
  if (value.type === "literal") return String(value.value);
  if (value.type === "number") return value.text;
  if (value.type === "string") return quoted(value.value, options);
  const inner = (item: PythonValue): string => pythonDumps(item, options, depth + 1);
  if (value.type === "array") return wrapped("[]", value.items.map(inner), options, depth);
  const members = value.members.map(([name, item]) => `${quoted(name, options)}: ${inner(item)}`);
  return wrapped("{}", members, options, depth);
}

function wrapped(
  brackets: string,
  parts: readonly string[],
  { indent }: DumpOptions,
  depth: number,
): string {
  if (parts.length === 0) return brackets;
  if (indent === null) return `${brackets[0]}${parts.join(", ")}${brackets[1]}`;
  const line = (level: number): string => `\n${" ".repeat(indent * level)}`;
  const inner = parts.join(`,${line(depth + 1)}`);
  return `${brackets[0]}${line(depth + 1)}${inner}${line(depth)}${brackets[1]}`;
}

const short: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** Without `ensure_ascii`, DEL and everything above it stand as they are. */
function quoted(value: string, { ensureAscii }: DumpOptions): string {
  const special = ensureAscii ? /["\\]|[^ -~]/g : /["\\\0-\x1f]/g;
  const escaped = value.replaceAll(
    special,
    (unit) => short[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `"${escaped}"`;
}

/** `repr` of a finite float: always with a point or an exponent of two digits at least. */
function pythonFloat(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  const size = Math.abs(value);
  const plain = value === 0 || (size >= 1e-4 && size < 1e16);
  if (plain) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [digits, exponent] = value.toExponential().split("e");
  const sign = exponent!.startsWith("-") ? "-" : "+";
  return `${digits}e${sign}${exponent!.slice(1).padStart(2, "0")}`;
}
