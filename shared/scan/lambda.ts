import { createHash } from "node:crypto";
import { quote } from "../errors.ts";
import { asString, member } from "../json/access.ts";
import type { JsonNode, JsonObject } from "../json/parse.ts";
import { readBytecode } from "./bytecode.ts";
import type { Details } from "./finding.ts";
import { at, isOf, unquoted, type JsonPart, type Serialized, type Told } from "./serialized.ts";

const mostListed = 12;
/** What of a Lambda's config can be code (keras/src/layers/core/lambda_layer.py). */
const codeRoles = ["function", "output_shape", "mask"];

/** A Lambda layer, or a `__lambda__` that stands in the place of anything. */
export function lambdaIn(object: Serialized): Told | undefined {
  if (object.bareName === "__lambda__") return lambdaObject(object);
  return isOf(object, "Lambda") ? lambdaLayer(object) : undefined;
}

function lambdaLayer({ className, config, pointer, json }: Serialized): Told {
  const name = asString(member(config, "name"));
  const as = className === "Lambda" ? "" : ` of the class ${quote(className)}`;
  const called = `${name === undefined ? "" : `${quote(name)} `}at ${at(json, pointer)}${as}`;
  const codes = codeRoles.flatMap((part) => codeIn(member(config, part)) ?? []);
  if (codes.length > 0) {
    const message = `Lambda layer ${called}: ${codes.map(describeCode).join("; ")}`;
    return { id: "KS101", pointer, message, details: detailsOf(codes[0]!) };
  }
  const stated = member(config, "function");
  const wanted = asString(stated) ?? asString(member(stated, "config"));
  const calls = wanted === undefined ? "a function" : `the function ${quote(wanted)}`;
  const message = `Lambda layer ${called}: it calls ${calls}, which is not in the file`;
  return { id: "KS104", pointer, message };
}

function lambdaObject({ node, key, pointer, json }: Serialized): Told {
  const code = codeIn(node.get("config")) ?? codeIn(member(node, "config", "value"));
  const what = code === undefined ? "no code in it" : describeCode(code);
  const message = `${subject(key)} at ${at(json, pointer)} is a __lambda__: ${what}`;
  return { id: "KS102", pointer, message, details: code === undefined ? {} : detailsOf(code) };
}

/** `{code, defaults, closure}` without a class, as Keras 3 has it in a Lambda's config. */
export function codeObject(
  node: JsonObject,
  key: string | null,
  pointer: string,
  json: JsonPart,
): Told | undefined {
  const code = asString(node.get("code"));
  if (code === undefined || readBytecode(code) === undefined) return undefined;
  const message = `${subject(key)} at ${at(json, pointer)} is a lambda: ${describeCode(code)}`;
  return { id: "KS102", pointer, message, details: detailsOf(code) };
}

/** Shorter text holds no code: the least function takes more as Base64. */
const shortestCode = 40;

/** A text that is code, wherever it stands. */
export function codeText(text: string, pointer: string, json: JsonPart): Told | undefined {
  if (text.length < shortestCode || readBytecode(text) === undefined) return undefined;
  const message = `The text at ${at(json, pointer)} is marshalled: ${describeCode(text)}`;
  return { id: "KS103", pointer, message, details: detailsOf(text) };
}

function subject(key: string | null): string {
  return key === null ? "An object" : quote(key);
}

function detailsOf(code: string): Details {
  return { evidence: code, digest: createHash("sha256").update(code, "utf8").digest("hex") };
}

function describeCode(code: string): string {
  const bytecode = readBytecode(code);
  if (bytecode === undefined) return "Python code of an unknown form";
  const { python, names, texts } = bytecode;
  const uses =
    names.length === 0 ? "" : ` that uses ${list(names.map((name) => unquoted(name, 60)))}`;
  const says =
    texts.length === 0 ? "" : `, with the text ${list(texts.map((text) => quote(text, 60)))}`;
  return `Python bytecode (${python})${uses}${says}`;
}

function list(texts: readonly string[]): string {
  const few = texts.slice(0, mostListed).join(", ");
  return texts.length > mostListed ? `${few} and ${texts.length - mostListed} more` : few;
}

/** Marshalled code: a text, the first of a list, or `code` of an object, itself or in its config. */
function codeIn(node: JsonNode | undefined): string | undefined {
  const first = node?.type === "array" ? node.items[0] : node;
  const value = member(first, "config", "value");
  const text =
    asString(first) ??
    asString(member(first, "code")) ??
    asString(member(first, "config", "code")) ??
    asString(value?.type === "array" ? value.items[0] : value);
  if (text === undefined) return undefined;
  // A function can be given by its name, which is a text as well.
  const isCode = node?.type === "array" || first?.type === "object" || readBytecode(text);
  return isCode ? text : undefined;
}
