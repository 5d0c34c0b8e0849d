import type { ByteSource } from "../../bytes/source.ts";

/** A field of a protocol buffer (protobuf.dev/programming-guides/encoding). */
export interface Field {
  readonly number: number;
  readonly wireType: number;
  /** Of the value; of a number, its encoding. */
  readonly start: number;
  /** May be beyond the end of a truncated file. */
  readonly end: number;
}

export const bytesField = 2;

/** More than any recogniser looks at; repeated fields are passed over without being read. */
const mostFields = 64;
const longestVarint = 10;
/** A tag and a length. */
const longestHead = 2 * longestVarint;

/**
 * The first fields of a message, one below another being a field of bytes.
 *
 * @returns undefined where these bytes are no protocol buffer
 */
export async function protobufFields(
  source: ByteSource,
  start = 0,
  end = source.size,
): Promise<Field[] | undefined> {
  const fields: Field[] = [];
  let at = start;
  while (at < end && at < source.size && fields.length < mostFields) {
    const bytes = await source.read(at, Math.min(longestHead, source.size - at));
    const tag = varint(bytes, 0);
    // Zeros behind the last field, as of a file with room left over, are no fields.
    if (tag?.value === 0 && fields.length > 0) return fields;
    if (tag === undefined || tag.value < 8) return undefined;
    const [number, wireType] = [Math.floor(tag.value / 8), tag.value % 8];
    const value = valueOf(bytes, tag.length, wireType);
    if (value === undefined) return undefined;
    fields.push({ number, wireType, start: at + value.from, end: at + value.to });
    at += value.to;
  }
  return fields;
}

/** Where the value stands in `bytes`, which start with its tag. */
function valueOf(
  bytes: Uint8Array,
  from: number,
  wireType: number,
): { from: number; to: number } | undefined {
  if (wireType === 1) return { from, to: from + 8 };
  if (wireType === 5) return { from, to: from + 4 };
  const number = varint(bytes, from);
  if (number === undefined) return undefined;
  const to = from + number.length;
  if (wireType === 0) return { from, to };
  return wireType === bytesField ? { from: to, to: to + number.value } : undefined;
}

function varint(bytes: Uint8Array, from: number): { value: number; length: number } | undefined {
  let value = 0;
  for (let length = 1; length <= longestVarint; length += 1) {
    const byte = bytes[from + length - 1];
    if (byte === undefined) return undefined;
    value += (byte % 128) * 128 ** (length - 1);
    if (byte < 128) return { value, length };
  }
  return undefined;
}
