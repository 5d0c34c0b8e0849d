import { CleaveError, quote } from "../errors.ts";
import { parseAddress } from "../stores/s3/address.ts";

/**
 * Refuses what a call asks to be written elsewhere than below one prefix of the artifacts bucket, which
 * is where the function's role may write.
 *
 * @param out as the event has it; undefined where it leaves the target to us
 * @throws CleaveError `USAGE` naming where it may be
 */
export function checkTarget(
  out: string | undefined,
  artifactsBucket: string,
  prefix: string,
): void {
  if (out === undefined) return;
  const { bucket, key } = parseAddress(out);
  if (bucket === artifactsBucket && key.startsWith(prefix) && key.length > prefix.length) return;
  throw new CleaveError(
    "USAGE",
    `\`out\` is ${quote(out, 1200)}, and has to be below s3://${artifactsBucket}/${prefix}, where this function may write. Leave it out for the usual place, or copy the result from there.`,
  );
}
