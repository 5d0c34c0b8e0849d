/** What must hold of the key for a write to take place; S3 answers 412 where it does not. */
export type WriteCondition =
  | { readonly IfNoneMatch: "*" }
  | { readonly IfMatch: string }
  | Readonly<Record<string, never>>;

/** Nothing stands there. */
export const absent: WriteCondition = { IfNoneMatch: "*" };

/** Whatever stands there. */
export const always: WriteCondition = {};

export function unchanged(etag: string): WriteCondition {
  return { IfMatch: etag };
}
