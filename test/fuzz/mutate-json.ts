import type { Random } from "./random.ts";

/** What could stand anywhere in an architecture, and should be harmless to read. */
const values = [
  "null",
  "{}",
  "[]",
  '""',
  "1e999",
  "-Infinity",
  "NaN",
  "9007199254740993",
  '"\\ud800"',
  '"__proto__"',
  '{"__proto__": {"a": 1}}',
  '{"class_name": "Lambda", "config": {"function": ["4wEAAAAAAAAA", null, null]}}',
  '{"class_name": "function", "module": "os", "config": "system", "registered_name": "x"}',
  '{"class_name": 3, "config": []}',
  '{"class_name": "Sequential", "config": {"layers": {"0": 1}}}',
  '{"class_name": "__keras_tensor__", "config": {"keras_history": ["d", 0, 0]}}',
  "[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]",
];
const token = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[[\]{},:]/g;

/** Changes a few tokens of a JSON text; most results are JSON still. */
export function mutateJson(text: string, random: Random): string {
  let changed = text;
  const times = 1 + random.below(3);
  for (let time = 0; time < times; time += 1) {
    const tokens = [...changed.matchAll(token)];
    if (tokens.length < 4) return changed;
    changed = change(changed, tokens, random);
  }
  return changed;
}

function change(text: string, tokens: readonly RegExpExecArray[], random: Random): string {
  const at = random.below(tokens.length);
  const { index, 0: found } = tokens[at]!;
  const replace = (by: string): string =>
    text.slice(0, index) + by + text.slice(index + found.length);
  switch (random.below(5)) {
    case 0:
      return replace(random.pick(values));
    case 1:
      return replace(random.pick(tokens)[0]);
    case 2: {
      const end = endOf(tokens, at);
      const { index: stop, 0: last } = tokens[end]!;
      return text.slice(0, index) + random.pick(values) + text.slice(stop + last.length);
    }
    case 3: {
      const end = endOf(tokens, at);
      const { index: stop, 0: last } = tokens[end]!;
      const value = text.slice(index, stop + last.length);
      const { index: to, 0: old } = random.pick(tokens);
      return text.slice(0, to) + value + text.slice(to + old.length);
    }
    default:
      return replace("");
  }
}

/** The token that closes what one opens. */
function endOf(tokens: readonly RegExpExecArray[], start: number): number {
  let depth = 0;
  for (let at = start; at < tokens.length; at += 1) {
    const [found] = tokens[at]!;
    if (found === "{" || found === "[") depth += 1;
    if (found === "}" || found === "]") depth -= 1;
    if (depth <= 0) return at;
  }
  return tokens.length - 1;
}
