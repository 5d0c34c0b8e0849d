const months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

interface Field {
  readonly from: number;
  readonly to: number;
  /** Stand for the numbers from `from` on. */
  readonly names?: readonly string[];
  /** What stands alone in the field, besides numbers, ranges and steps. */
  readonly special?: RegExp;
}

/** Minutes, hours, day of month, month, day of week, year. */
const fields: readonly Field[] = [
  { from: 0, to: 59 },
  { from: 0, to: 23 },
  { from: 1, to: 31, special: /^(?:\?|LW?|L-\d{1,2}|\d{1,2}W)$/ },
  { from: 1, to: 12, names: months },
  { from: 1, to: 7, names: weekdays, special: /^(?:\?|L|(?:[1-7]|[A-Z]{3})(?:L|#[1-5]))$/ },
  { from: 1970, to: 2199 },
];

/**
 * Whether EventBridge Scheduler takes a text as `cron(…)`, `rate(…)` or `at(…)`. What it does not take
 * would be found out by a deployment only, minutes later.
 */
export function isScheduleExpression(text: string): boolean {
  if (/^rate\([1-9]\d* (?:minute|hour|day)s?\)$/.test(text)) return true;
  const [, time] = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(text) ?? [];
  if (time !== undefined) return !Number.isNaN(Date.parse(`${time}Z`));
  const [, inside] = /^cron\((.+)\)$/.exec(text) ?? [];
  return inside !== undefined && isCron(inside.trim().split(/ +/));
}

function isCron(words: readonly string[]): boolean {
  if (words.length !== fields.length) return false;
  // The days of the month and those of the week cannot both be said.
  if ((words[2] === "?") === (words[4] === "?")) return false;
  return words.every((word, at) => isField(word, fields[at]!));
}

function isField(word: string, field: Field): boolean {
  return word
    .split(",")
    .every((item) => field.special?.test(item) === true || isRange(item, field));
}

/** `*`, a value, or two with a hyphen between, and perhaps a step. */
function isRange(item: string, field: Field): boolean {
  const [, base, step] = /^([^/]+)(?:\/(.+))?$/.exec(item) ?? [];
  if (base === undefined || (step !== undefined && !/^[1-9]\d*$/.test(step))) return false;
  const values = base.split("-");
  return base === "*" || (values.length <= 2 && values.every((value) => isValue(value, field)));
}

function isValue(value: string, { from, to, names = [] }: Field): boolean {
  if (names.includes(value.toUpperCase())) return true;
  return /^\d{1,4}$/.test(value) && Number(value) >= from && Number(value) <= to;
}
