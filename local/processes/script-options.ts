import { readArguments } from "../../cli/arguments.ts";
import { CleaveError } from "../../shared/errors.ts";

type Options = Parameters<typeof readArguments>[1];

/**
 * Options of an npm script. What it does not know ends it with exit code 2, and with how it is called.
 *
 * @param usage lines for people
 */
export function scriptOptions<const T extends Options>(options: T, usage: string) {
  try {
    const positionals = { names: [], required: 0 };
    return readArguments(process.argv.slice(2), options, positionals).values;
  } catch (error) {
    if (!(error instanceof CleaveError)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    return process.exit(2);
  }
}
