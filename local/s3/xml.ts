import { S3Error } from "./s3-error.ts";

/** What an element holds: text, child elements by name, or several elements of one name. */
export type XmlValue =
  | string
  | number
  | boolean
  | undefined
  | { readonly [name: string]: XmlValue }
  | readonly XmlValue[];

/** A document of one root element in S3's namespace. Undefined children are left out. */
export function writeXml(root: string, children: Readonly<Record<string, XmlValue>>): string {
  const inside = Object.entries(children).map(([name, value]) => element(name, value));
  return `${declaration}<${root} xmlns="${namespace}">${inside.join("")}</${root}>`;
}

/** Errors have no namespace. */
export function writeErrorXml(children: Readonly<Record<string, XmlValue>>): string {
  return declaration + element("Error", children);
}

/** An element of a request body; whitespace between elements is dropped. */
export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';
const namespace = "http://s3.amazonaws.com/doc/2006-03-01/";
/** No request body of S3 is deeper: Delete/Object/Key. */
const deepest = 8;

function element(name: string, value: XmlValue): string {
  if (value === undefined) return "";
  if (Array.isArray(value)) return value.map((one: XmlValue) => element(name, one)).join("");
  const inside =
    typeof value === "object"
      ? Object.entries(value).map(([child, one]) => element(child, one))
      : [escape(`${value}`)];
  // Without a name it is a list of elements with different names.
  return name === "" ? inside.join("") : `<${name}>${inside.join("")}</${name}>`;
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"\u0000-\u001f\u007f\ufffe\uffff]/g, (character) => {
    const named = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }[character];
    return named ?? `&#x${character.codePointAt(0)!.toString(16)};`;
  });
}

/** Elements, attributes (ignored), text and entities; no DTD, comments or CDATA. */
export function parseXml(body: string, rootName: string): XmlElement {
  const token = /<(\/?)([\w.:-]+)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/gy;
  token.lastIndex = /^\ufeff?\s*(?:<\?xml[^>]*\?>)?\s*/.exec(body)![0].length;
  const top = { name: "", children: [] as XmlElement[], text: "" };
  const open = [top];
  while (token.lastIndex < body.length) {
    const found = token.exec(body);
    if (found === null) throw malformed();
    const [, closing, name, , empty, text] = found;
    const inner = open.at(-1)!;
    if (text !== undefined) {
      inner.text += unescape(text);
    } else if (closing === "/") {
      if (inner.name !== name || open.length === 1) throw malformed();
      open.pop();
      if (inner.children.length > 0) inner.text = "";
    } else {
      const child = { name: name!, children: [], text: "" };
      inner.children.push(child);
      if (empty !== "/") open.push(child);
      if (open.length > deepest) throw malformed();
    }
  }
  const root = top.children[0];
  const isWhole = open.length === 1 && top.children.length === 1 && top.text.trim() === "";
  if (!isWhole || root?.name !== rootName) throw malformed();
  return root;
}

export function childText(parent: XmlElement, name: string): string | undefined {
  return parent.children.find((child) => child.name === name)?.text;
}

export function malformed(): S3Error {
  return new S3Error(
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
  );
}

function unescape(text: string): string {
  return text.replaceAll(/&(#x[\da-fA-F]+|#\d+|\w+);|&/g, (_, entity: string | undefined) => {
    if (entity === undefined) throw malformed();
    const named = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" }[entity];
    if (named !== undefined) return named;
    const digits = /^#(x?)([\da-fA-F]+)$/.exec(entity);
    const code = digits === null ? Number.NaN : Number.parseInt(digits[2]!, digits[1] ? 16 : 10);
    if (!(code <= 0x10_ffff)) throw malformed();
    return String.fromCodePoint(code);
  });
}
