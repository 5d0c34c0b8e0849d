import { grouped as number } from "../../shared/grouped.ts";

export { number };

/** Bytes in the decimal unit that reads best: "225.5 MB". */
export function size(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** "1 tensor", "4 tensors". */
export function count(value: number, singular: string, plural = `${singular}s`): string {
  return `${number(value)} ${value === 1 ? singular : plural}`;
}

/** Dimensions as Keras prints them: "(None, 32)". */
export function shape(dimensions: readonly (number | null)[] | null): string {
  if (dimensions === null) return "";
  const inner = dimensions.map((dimension) => dimension ?? "None").join(", ");
  return dimensions.length === 1 ? `(${inner},)` : `(${inner})`;
}

const unsafe = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** A name from a file, with what could move the cursor or hide text made visible. */
export function plain(text: string): string {
  return text.replaceAll(unsafe, (found) => `\\u{${found.codePointAt(0)!.toString(16)}}`);
}

/** A path as one argument of a POSIX shell, and never an option. */
export function shellQuote(path: string): string {
  const argument = path.startsWith("-") ? `./${path}` : path;
  return /^[\w./@%+=:,-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
