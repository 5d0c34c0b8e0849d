import { quote } from "../../errors.ts";
import type { Foreign, Opened } from "./foreign.ts";
import { bytesField, protobufFields, type Field } from "./protobuf-fields.ts";

const original = "Give the Keras model it was made from";

/**
 * Protocol buffers say what they mean nowhere; which fields are there tells:
 *
 * | file             | first fields                                                        |
 * |------------------|---------------------------------------------------------------------|
 * | ONNX             | 1 number, 2 text (producer), 7 graph, 8 operator sets (onnx.proto)  |
 * | SavedModel       | 1 number, 2 graphs, nothing else (tensorflow saved_model.proto)     |
 * | Core ML          | 1 number, 2 description, one of 200 and above (Model.proto)         |
 * | frozen graph     | 1 nodes of 1 name and 2 operation, both text (graph.proto)          |
 * | keras_metadata.pb| 1 nodes of 2 number, 3 text, 4 "_tf_keras_…" (saved_metadata.proto) |
 */
export async function protobuf({ source, head }: Opened): Promise<Foreign | undefined> {
  if (head[0] !== 0x08 && head[0] !== 0x0a) return undefined;
  const fields = await protobufFields(source);
  const [first] = fields ?? [];
  if (fields === undefined || first === undefined) return undefined;
  if (first.wireType === bytesField) return firstIsNode(first, head);
  const numbers = fields
    .filter(({ wireType }) => wireType === bytesField)
    .map(({ number }) => number);
  const second = fields.find(({ number }) => number === 2);
  if (second !== undefined && numbers.some((number) => number >= 200)) {
    return { is: "a Core ML model", advice: original };
  }
  const producer = second && textOf(second, head);
  if (numbers.includes(7) || numbers.includes(8) || producer !== undefined) {
    const by = producer === undefined ? "" : ` written by ${quote(producer, 40)}`;
    return { is: `an ONNX model${by}`, advice: original };
  }
  if (second?.wireType !== bytesField || fields.some(({ number }) => number > 2)) return undefined;
  return {
    is: "the saved_model.pb of a TensorFlow SavedModel, whose weights are in other files",
    advice: 'Load the SavedModel in Keras, call model.save("model.keras") and give that file',
  };
}

async function firstIsNode(node: Field, head: Buffer): Promise<Foreign | undefined> {
  const inside = head.subarray(node.start, Math.min(node.end, head.length));
  const fields = await protobufFields({
    name: "",
    size: inside.length,
    read: async (offset, length) => inside.subarray(offset, offset + length),
  });
  const texts = fields?.map((field) => [field.number, textOf(field, inside)] as const);
  const text = new Map(texts);
  if (text.get(4)?.startsWith("_tf_keras_")) {
    return {
      is: "the keras_metadata.pb of a TensorFlow SavedModel, whose weights are in other files",
      advice: 'Load the SavedModel in Keras, call model.save("model.keras") and give that file',
    };
  }
  if (text.get(1) === undefined || !/^_?[A-Z]\w*$/.test(text.get(2) ?? "")) return undefined;
  return { is: "a frozen graph of TensorFlow (GraphDef)", advice: original };
}

/** Printable text of a field that stands in `bytes`. */
function textOf({ wireType, start, end }: Field, bytes: Buffer): string | undefined {
  if (wireType !== bytesField || end > bytes.length || start === end) return undefined;
  const text = bytes.subarray(start, end).toString("latin1");
  return /^[ -~]+$/.test(text) ? text : undefined;
}
