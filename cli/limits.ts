import { CleaveError } from "../shared/errors.ts";
import { setLimits } from "../shared/limits.ts";

/**
 * Sets the caps that `--limit NAME=N` gives, and takes the option out.
 *
 * @throws CleaveError `USAGE`
 */
export function takeLimits(args: readonly string[]): readonly string[] {
  const rest: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const [, inOne] = /^--limit=(.*)$/.exec(args[at]!) ?? [];
    if (args[at] === "--limit" || inOne !== undefined) {
      const value = inOne ?? args[(at += 1)];
      if (value === undefined) throw new CleaveError("USAGE", "--limit takes a name and a number.");
      setLimits(value);
    } else rest.push(args[at]!);
  }
  return rest;
}
