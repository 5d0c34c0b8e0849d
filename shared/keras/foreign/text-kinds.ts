import { quote } from "../../errors.ts";
import { bytesText, type FileStart } from "./file-start.ts";

/** A page or an error message is read that far for its title. */
const mostText = 16 * 1024;

/**
 * A pointer as Git LFS leaves it where the file has not been fetched (git-lfs docs/spec.md); the
 * first versions of it called themselves hawser.
 */
export function describeLfsPointer({ source, text }: FileStart): string {
  const promised = /^size (\d{1,18})$/m.exec(text)?.[1];
  const stands = promised === undefined ? "" : ` for a file of ${bytesText(BigInt(promised))}`;
  return `a Git LFS pointer of ${bytesText(source.size)}, which stands in${stands}; run "git lfs pull" and take the file that is there then`;
}

/** What servers send instead of a file: pages, and errors of S3 and its kind. */
export async function describeMarkup(start: FileStart): Promise<string | undefined> {
  const { source, head } = start;
  const text = withoutMark(start.text);
  const isHtml = /^(?:<!--[^]*?-->\s*)*<(?:!doctype html|html|head|body)\b/i.test(text);
  const isXml = /^<(?:\?xml\b|Error>)/.test(text);
  if (!isHtml && !isXml) return undefined;
  const more = await source.read(0, Math.min(mostText, source.size));
  const page = Buffer.from(more.length > head.length ? more : head).toString("utf8");
  const within = (tag: string): string | undefined =>
    new RegExp(`<${tag}(?:\\s[^<>]{0,200})?>\\s*([^<]{1,400})`, "i").exec(page)?.[1]?.trim();
  if (isHtml || /<html\b/i.test(page)) {
    const title = within("title") ?? within("h1");
    const titled = title === undefined ? "" : ` with the title ${quote(title)}`;
    return `an HTML page${titled}, which a server sent in place of the file; download it again, signed in or from an address that has not expired`;
  }
  const said = [within("Code"), within("Message")].filter((part) => part !== undefined);
  if (said.length === 0) return "XML; the model is another file";
  return `the error message of a server (${said.map((part) => quote(part)).join(": ")}); download the file again with an address and rights that are valid`;
}

/** Windows programs, and PowerShell's ">", write text so. */
export function describeUtf16({ source, head }: FileStart): string {
  const isLittle = head[0] === 0xff;
  const even = head.subarray(2, head.length - (head.length % 2));
  const text = new TextDecoder(isLittle ? "utf-16le" : "utf-16be").decode(even).trimStart();
  const what = /^[{[]/.test(text) ? "JSON in UTF-16" : "text in UTF-16";
  return `${what} (${bytesText(source.size)} that start with ${quote(text, 40)}); write it as UTF-8`;
}

/** Keras 1 and 2 wrote YAML too; Keras 2.6 took it away, since reading it could run code. */
export function describeYaml(start: FileStart): string | undefined {
  const text = withoutMark(start.text);
  if (!/^(?:- )?(?:backend|class_name|config|keras_version):|^!!python\//m.test(text)) {
    return undefined;
  }
  return "YAML of to_yaml(); write the architecture with to_json() in the Keras that wrote it";
}

/** What is short and all printable was meant for people: "Not Found", "Access Denied". */
export function describeText(start: FileStart): string | undefined {
  const text = withoutMark(start.text);
  if (text.trim() === "" || /[\0-\x08\x0e-\x1f]/.test(text)) return undefined;
  const shown = quote(Buffer.from(start.head).toString("utf8").trim(), 60);
  if (/^[[{"]/.test(text)) return `JSON, though no object, or text like it (${shown})`;
  return `text (${shown}), neither HDF5 nor ZIP`;
}

/** Text that started with a byte order mark or white space. */
function withoutMark(text: string): string {
  return text.replace(/^\xef\xbb\xbf/, "").trimStart();
}
