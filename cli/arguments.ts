import { parseArgs, type ParseArgsConfig } from "node:util";
import { CleaveError } from "../shared/errors.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;

/**
 * Options and positional arguments of a verb.
 *
 * @throws CleaveError `USAGE` for an unknown option, a missing value or too many arguments
 */
export function readArguments<const T extends Options>(
  args: readonly string[],
  options: T,
  positionals: { readonly names: readonly string[]; readonly required: number },
): Parsed<T> {
  const parsed = parse(args, options);
  const given = parsed.positionals;
  const { names, required } = positionals;
  if (given.length < required) {
    throw new CleaveError(
      "USAGE",
      `${names.slice(given.length, required).join(" and ")} is missing.`,
    );
  }
  if (given.length > names.length) {
    throw new CleaveError("USAGE", `"${given[names.length]!}" is one argument too many.`);
  }
  return parsed;
}

type Parsed<T extends Options> = ReturnType<typeof parse<T>>;

function parse<const T extends Options>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (cause) {
    const [sentence] = (cause as Error).message.split(/\. |\n/);
    throw new CleaveError("USAGE", `${sentence!.replace(/\.$/, "")}.`, { cause });
  }
}
