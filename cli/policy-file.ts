import { readFileSync } from "node:fs";
import { CleaveError } from "../shared/errors.ts";
import { parsePolicy, type Policy } from "../shared/scan/policy.ts";

/**
 * What `--policy` names.
 *
 * @throws CleaveError `USAGE` where it cannot be read or is no policy
 */
export function policyFile(path: string | undefined): Policy | undefined {
  if (path === undefined) return undefined;
  try {
    return parsePolicy(readFileSync(path, "utf8"), path);
  } catch (cause) {
    if (cause instanceof CleaveError) throw cause;
    const message = `The policy cannot be read: ${(cause as Error).message}.`;
    throw new CleaveError("USAGE", message, { cause });
  }
}
