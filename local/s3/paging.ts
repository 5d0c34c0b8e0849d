import { compareUtf8 } from "#shared/bytes/compare-utf8.ts";
import type { Exchange } from "./exchange.ts";
import { S3Error } from "./s3-error.ts";

/** Most entries of one answer, whatever is asked for. */
const largestPage = 1000;

export function pageSize(name: string, asked: string | undefined): number {
  if (asked === undefined || asked === "") return largestPage;
  const size = /^\d{1,10}$/.test(asked) ? Number(asked) : Number.NaN;
  if (size <= 2 ** 31 - 1) return Math.min(size, largestPage);
  throw new S3Error(
    "InvalidArgument",
    `Argument ${name} must be an integer between 0 and 2147483647`,
    {
      details: { ArgumentName: name, ArgumentValue: asked },
    },
  );
}

export interface Page<Entry> {
  readonly entries: readonly Entry[];
  readonly commonPrefixes: readonly string[];
  readonly isTruncated: boolean;
  /** The last entry or common prefix, after which the next page begins. */
  readonly last: Entry | string | undefined;
}

/**
 * A page of entries that are already in order, those that share what comes before a delimiter as
 * one common prefix, which counts as one entry.
 *
 * @param isAfter whether an entry, of a common prefix or of none, comes after where the page begins
 */
export function pageOf<Entry extends { readonly key: string }>(
  ordered: readonly Entry[],
  options: { readonly prefix: string; readonly delimiter: string; readonly most: number },
  isAfter: (entry: Entry, commonPrefix: string | undefined) => boolean,
): Page<Entry> {
  const { prefix, delimiter, most } = options;
  const entries: Entry[] = [];
  const commonPrefixes: string[] = [];
  let last: Entry | string | undefined;
  for (const entry of ordered) {
    if (!entry.key.startsWith(prefix)) continue;
    const end = delimiter === "" ? -1 : entry.key.indexOf(delimiter, prefix.length);
    const common = end === -1 ? undefined : entry.key.slice(0, end + delimiter.length);
    if (common !== undefined && common === commonPrefixes.at(-1)) continue;
    if (!isAfter(entry, common)) continue;
    if (entries.length + commonPrefixes.length === most) {
      return { entries, commonPrefixes, isTruncated: most > 0, last };
    }
    if (common === undefined) entries.push(entry);
    else commonPrefixes.push(common);
    last = common ?? entry;
  }
  return { entries, commonPrefixes, isTruncated: false, last };
}

/** Keys in the order of their bytes in UTF-8, as S3 lists them. */
export function inKeyOrder<Value>(map: ReadonlyMap<string, Value>): [string, Value][] {
  return [...map].toSorted(([a], [b]) => compareUtf8(a, b));
}

/** Writes keys as they are, or as `encoding-type=url` asks for. */
export function keyEncoder(exchange: Exchange): (key: string) => string {
  const asked = exchange.query("encoding-type");
  if (asked === undefined) return (key) => key;
  if (asked !== "url") {
    throw new S3Error("InvalidArgument", "Invalid Encoding Method specified in Request", {
      details: { ArgumentName: "encoding-type", ArgumentValue: asked },
    });
  }
  return (key) =>
    encodeURIComponent(key)
      .replaceAll(/[!'()]/g, (mark) => `%${mark.codePointAt(0)!.toString(16).toUpperCase()}`)
      .replaceAll("%2F", "/")
      .replaceAll("%20", "+");
}
