import { CleaveError } from "../errors.ts";

/**
 * Adds to a denial where a function may write, if its target is elsewhere.
 *
 * @param out a target that was asked for; undefined where it was not
 * @param allowed `s3://bucket/prefix/`
 */
export async function explainDenied<T>(
  out: string | undefined,
  allowed: string,
  work: Promise<T>,
): Promise<T> {
  return work.catch((error: unknown) => {
    const isDenied = error instanceof CleaveError && error.code === "ACCESS_DENIED";
    if (!isDenied || out === undefined || out.startsWith(allowed)) throw error;
    const message = `${error.message} The role of this function writes below ${allowed} alone, unless more was granted to it.`;
    throw new CleaveError(error.code, message, { cause: error });
  });
}
