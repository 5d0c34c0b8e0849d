import { readArguments } from "../../cli/arguments.ts";
import { CleaveError } from "../../shared/errors.ts";

type Options = Parameters<typeof readArguments>[1];
type Positionals = Parameters<typeof readArguments>[2];

/**
 * Options of an npm script. What it does not know ends it with exit code 2, and with how it is called;
 * `--help` says that alone.
 *
 * @param usage lines for people
 */
export function scriptOptions<const T extends Options>(options: T, usage: string) {
  return scriptArguments(options, { names: [], required: 0 }, usage).values;
}

/** As `scriptOptions`, with arguments that are no options. */
export function scriptArguments<const T extends Options>(
  options: T,
  positionals: Positionals,
  usage: string,
) {
  const given = process.argv.slice(2);
  if (given.includes("--help")) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return readArguments(given, options, positionals);
  } catch (error) {
    if (!(error instanceof CleaveError)) throw error;
    return endWithUsage(error.message, usage);
  }
}

/**
 * The value of an option that is a number.
 *
 * @param option with its hyphens, for the message
 */
export function scriptNumber(
  option: string,
  text: string,
  { least = 0, most = Number.MAX_SAFE_INTEGER, usage }: NumberRange,
): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`;
  return endWithUsage(`${option} is "${text}"; it must be a whole number ${range}.`, usage);
}

interface NumberRange {
  readonly least?: number;
  readonly most?: number;
  readonly usage: string;
}

/** Ends the script with exit code 2. */
export function endWithUsage(message: string, usage: string): never {
  // Not by console.error, which is muted where a script watches h5wasm.
  process.stderr.write(`${message}\n\n${usage}\n`);
  process.exit(2);
}
