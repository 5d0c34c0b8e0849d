import { checkLimit } from "../limits.ts";
import type { Cursor } from "./cursor.ts";
import type { Shape } from "./model.ts";

/** What a dataset's shape is, and how far each dimension may grow. */
export interface Extent {
  readonly shape: Shape;
  /** As many as dimensions; null of one without limit. */
  readonly most: readonly (number | null)[];
}

/** Reads a dataspace message, versions 1 and 2 (format specification, IV.A.2.b). */
export function readExtent(cursor: Cursor, what: string): Extent {
  const version = cursor.u8();
  if (version !== 1 && version !== 2) cursor.fail(`dataspace version ${version} is not known`, -1);
  const rank = cursor.u8();
  checkLimit("rank", rank, what);
  const flags = cursor.u8();
  const type = version === 2 ? cursor.u8() : 1;
  if (version === 1) cursor.skip(5);
  const shape = Array.from({ length: rank }, () => cursor.u64());
  const most = flags & 1 ? Array.from({ length: rank }, () => cursor.address()) : shape;
  if (type > 2) cursor.fail(`dataspace type ${type} is not known`);
  if (type !== 1 && rank > 0) cursor.fail(`${rank} dimensions of what has none`);
  return { shape: type === 2 ? null : shape, most };
}

/** The shape alone, of an attribute, which cannot grow. */
export function readDataspace(cursor: Cursor, what: string): Shape {
  return readExtent(cursor, what).shape;
}

/** How many elements a shape has; null where that is beyond what a file can hold. */
export function elementCount(shape: Shape): number | null {
  if (shape === null) return 0;
  const count = shape.reduce((product, dimension) => product * BigInt(dimension), 1n);
  return count > Number.MAX_SAFE_INTEGER ? null : Number(count);
}

/** Bytes of all elements, for messages; infinite where `elementCount` is null. */
export function sizeText(bytes: number): string {
  return Number.isFinite(bytes) ? `${bytes} bytes` : "more bytes than any file has";
}
