import { quote } from "../../errors.ts";
import { retry, type Foreign, type Opened } from "./foreign.ts";

/** What is text and no JSON: pages, errors, YAML, text in another encoding. */
export function foreignText({ head, text }: Opened): Foreign | undefined {
  const utf16 = inUtf16(head);
  if (utf16 !== undefined) return utf16;
  const start = head
    .toString("utf8")
    .replace(/^\ufeff/, "")
    .trimStart();
  if (/^<(?:!doctype\s+html|html|head|body|!--)/i.test(start)) return htmlPage(start);
  if (/^<(?:\?xml|[a-z][\w:]*[\s>])/i.test(start)) {
    return /<html[\s>]/i.test(start) ? htmlPage(start) : xmlDocument(start);
  }
  if (/^(?:class_name|backend|keras_version): /m.test(text)) {
    return {
      is: "YAML of to_yaml(), an architecture without weights",
      advice: "Write the architecture with to_json() instead and give it as --architecture",
    };
  }
  if (text.startsWith("model_checkpoint_path: ")) return checkpoint;
  return undefined;
}

/** Of `model.save_weights(path)` in TensorFlow 2, `tf.train.Saver` and estimators. */
const checkpoint: Foreign = {
  is: "a part of a TensorFlow checkpoint, weights without an architecture in several files",
  advice:
    'Load it into the model with load_weights, call model.save("model.keras") and give that file',
};

/** The end of the `.index` file: the magic number of its tables (tsl/lib/io/format.h). */
const tableMagic = Buffer.from("57fb808b247547db", "hex");

/** A checkpoint's `.data` file has values alone and cannot be told from noise. */
export async function checkpointIndex({ source }: Opened): Promise<Foreign | undefined> {
  if (source.size < 48) return undefined;
  const end = await source.read(source.size - tableMagic.length, tableMagic.length);
  return tableMagic.equals(end) ? checkpoint : undefined;
}

function htmlPage(text: string): Foreign {
  const title = within(text, "title") ?? within(text, "h1");
  return {
    is: `an HTML page${title === undefined ? "" : ` with the title ${quote(title, 80)}`}`,
    advice: `The address it came from gives no file without more (signing in, perhaps). ${retry}`,
    rule: "KB702",
  };
}

/** What S3 answers instead of an object (docs.aws.amazon.com, S3 API, "Error responses"). */
function xmlDocument(text: string): Foreign {
  const code = within(text, "Code");
  if (code === undefined) {
    return { is: `XML (${quote(text, 60)})`, advice: "Give the file of the model" };
  }
  const message = within(text, "Message");
  const said = message === undefined ? "" : `: ${quote(message, 120)}`;
  return { is: `an error message in XML, ${quote(code, 60)}${said}`, advice: retry, rule: "KB702" };
}

function within(text: string, element: string): string | undefined {
  const found = new RegExp(`<${element}(?:\\s[^>]{0,200})?>([^<]*)`, "i").exec(text)?.[1];
  const words = found?.trim().replaceAll(/\s+/g, " ");
  return words === "" ? undefined : words;
}

function inUtf16(head: Buffer): Foreign | undefined {
  const little = /^(?:\xff\xfe|[\t -~]\0[\t\r\n -~]\0)/.test(head.toString("latin1", 0, 4));
  const big = /^(?:\xfe\xff|\0[\t -~]\0[\t\r\n -~])/.test(head.toString("latin1", 0, 4));
  if (!little && !big) return undefined;
  const text = new TextDecoder(little ? "utf-16le" : "utf-16be").decode(head.subarray(0, 64));
  return {
    is: `text in UTF-16 (it starts with ${quote(text, 24)})`,
    advice: "If it is an architecture, save it as UTF-8",
  };
}
