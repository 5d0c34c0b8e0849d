import { quote } from "../../errors.ts";
import { readUpTo, type FileStart } from "./file-start.ts";

/** A model's own fields are few; nodes of a graph, which repeat, need not all be seen. */
const mostFields = 64;
const fieldHead = 24;

/** One field of a message: its number, and its value or where its bytes start. */
interface Field {
  readonly number: number;
  /** Of a varint; null of all other types. */
  readonly value: number | null;
  /** The first bytes of a string or of a message inside; null of all other types. */
  readonly start: Uint8Array | null;
}

/**
 * Tells models in protocol buffers apart, which have no magic number, by the fields that their
 * message has at its top:
 *
 * | message                | fields                                                            |
 * |------------------------|-------------------------------------------------------------------|
 * | SavedModel             | 1 schema version, 2 graphs (tensorflow/core/protobuf/saved_model) |
 * | ONNX ModelProto        | 1 IR version, 2 producer, 7 graph, 8 operator sets (onnx/onnx.in) |
 * | Core ML Model          | 1 version, 2 description, 200 to 3000 the kind (mlmodel/format)   |
 * | GraphDef               | 1 nodes, each 1 name and 2 operation (core/framework/graph)       |
 *
 * @returns undefined where the file is none of them
 */
export async function describeProtobuf({ source, head }: FileStart): Promise<string | undefined> {
  if (head[0] === 0x0a) {
    const [node] = await fieldsOf(source, 1);
    return node === undefined ? undefined : describeNodes(node, source.size);
  }
  if (head[0] !== 0x08) return undefined;
  const fields = await fieldsOf(source, mostFields);
  const [version, ...others] = fields;
  if (version?.value === undefined || version.value === null || version.value > 1000) return undefined;
  const has = (number: number): boolean => others.some((field) => field.number === number);
  const second = others.find(({ number, start }) => number === 2 && start !== null)?.start;
  if (others.some(({ number }) => number >= 200)) {
    return "a Core ML model; the Keras model it was made from is needed";
  }
  if (has(7) || has(8) || (second && isName(second))) {
    const by = second && isName(second) ? ` made by ${quote(Buffer.from(second).toString())}` : "";
    return `an ONNX model${by}; the Keras model it was made from is needed`;
  }
  if (second === undefined || version.value !== 1) return undefined;
  return 'a TensorFlow SavedModel (saved_model.pb), whose weights stand in files beside it; load it where it was made and save the model with model.save("model.keras")';
}

/** @param node the first field of what may be a graph */
function describeNodes({ number, start }: Field, size: number): string | undefined {
  if (number !== 1 || start === null || start[0] !== 0x0a) return undefined;
  const length = start[1] ?? 0;
  const name = start.subarray(2, 2 + length);
  if (length === 0 || length > 127 || !isName(name)) return undefined;
  // The operation follows the name; the bytes at hand may end within the name.
  const next = start[2 + length];
  if (next !== undefined && next !== 0x12) return undefined;
  if (size < 2 + length) return undefined;
  return "a graph of TensorFlow (GraphDef, a frozen graph), which has no Keras architecture; the Keras model it was made from is needed";
}

function isName(bytes: Uint8Array): boolean {
  return bytes.length > 0 && /^[\x20-\x7e]+$/.test(Buffer.from(bytes).toString("latin1"));
}

/**
 * The first fields of the message that the file is. A field that ends behind the file is the last,
 * and what is no field ends them too.
 */
async function fieldsOf(source: FileStart["source"], most: number): Promise<Field[]> {
  const fields: Field[] = [];
  for (let at = 0; at < source.size && fields.length < most;) {
    const bytes = await readUpTo(source, at, fieldHead);
    const tag = varint(bytes, 0);
    const number = tag && Math.floor(tag.value / 8);
    if (tag === undefined || number === undefined || number < 1) break;
    const type = tag.value % 8;
    const first = type === 0 || type === 2 ? varint(bytes, tag.end) : undefined;
    if (type === 0 && first !== undefined) {
      fields.push({ number, value: first.value, start: null });
      at += first.end;
    } else if (type === 2 && first !== undefined) {
      const start = await readUpTo(source, at + first.end, Math.min(first.value, 160));
      fields.push({ number, value: null, start });
      at += first.end + first.value;
    } else if (type === 1 || type === 5) {
      fields.push({ number, value: null, start: null });
      at += tag.end + (type === 1 ? 8 : 4);
    } else break;
  }
  return fields;
}

/** A number of up to 53 bits, seven in a byte, the lowest first (protobuf.dev, Encoding). */
function varint(bytes: Uint8Array, from: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let at = from; at < Math.min(bytes.length, from + 8); at += 1) {
    const byte = bytes[at]!;
    value += (byte & 0x7f) * 2 ** (7 * (at - from));
    if (byte < 0x80) return value <= Number.MAX_SAFE_INTEGER ? { value, end: at + 1 } : undefined;
  }
  return undefined;
}
